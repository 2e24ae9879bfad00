import fc from 'fast-check';

/** Property tests try the same cases each time, so that a run says something of what was changed; HEATLINE_SEED tries others. */
fc.configureGlobal({ seed: Number(process.env.HEATLINE_SEED ?? 20_240_607) });
