import type { Format } from './format.js';
import { sniffJson } from './json/head.js';
import { readSpeedscope } from './speedscope/read.js';
import { writeSpeedscope } from './speedscope/write.js';

/**
 * speedscope's own JSON, which py-spy, rbspy, pyinstrument, memray and many others write too.
 * Format: https://github.com/jlfwong/speedscope/blob/main/src/lib/file-format-spec.ts
 */
export const speedscope: Format = {
  id: 'speedscope',
  label: 'speedscope',
  globs: ['*.speedscope.json', '*.speedscope'],
  sniff(head) {
    const paths = sniffJson(head)?.paths;
    if (paths === undefined) return 0;
    const schema = paths.get('$schema');
    if (typeof schema === 'string' && schema.includes('speedscope')) return 1;
    if (paths.has('shared.frames')) return 0.9;
    const type = paths.get('profiles.[].type');
    return type === 'evented' || type === 'sampled' || paths.has('profiles.[].startValue') ? 0.9 : 0;
  },
  read: readSpeedscope,
  write: writeSpeedscope,
};
