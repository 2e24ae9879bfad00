/** The engines as a bundle of their own (dist/engines.js), loaded when the first program is profiled. */
export * from '../engines/index.js';
