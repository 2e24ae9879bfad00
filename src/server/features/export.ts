import path from 'node:path';
import { UserError } from '../../core/errors.js';
import { formats } from '../../core/formats/index.js';
import { writeWhole } from '../atomic.js';
import type { Feature } from '../server.js';

export const exportProfile: Feature<'profile/export'> = {
  method: 'profile/export',
  async answer(server, params) {
    const { profile } = server.store.get(params.profile);
    const format = formats.find((one) => one.id === params.format);
    if (!format?.write) throw new UserError('cannot-export', `Heatline cannot write "${params.format}" files.`);
    if (!path.isAbsolute(params.path)) throw new UserError('bad-path', 'The file to write must be named by its whole path.');
    await writeWhole(params.path, (write) => format.write?.(profile, { write }));
    return null;
  },
};
