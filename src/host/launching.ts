/** All that is needed to run programs, as a bundle of its own (dist/launching.js): loaded when the first one is profiled. */
export { takeUpInterrupted } from './interrupted.js';
export { profileFile, rerun } from './profileFile.js';
export { changeArguments, runnableFile } from './target.js';
