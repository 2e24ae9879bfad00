/** Thrown for whatever is not quite usual: the file is then read by other means, which know what is wrong with it, if anything. */
export const UNUSUAL = new Error('unusual');
