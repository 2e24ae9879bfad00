import { ReadError } from '../errors.js';
import type { Format } from './format.js';
import { openOtlp } from './otlp/message.js';
import { addProfiles, readFacts } from './otlp/profiles.js';
import { sniffOtlp } from './otlp/sniff.js';

/** OpenTelemetry's ProfilesData, or what is sent of it (v1development): all resources together. `heatline receive` takes them one by one. */
export const otlp: Format = {
  id: 'otlp',
  label: 'OpenTelemetry profiles',
  globs: [],
  sniff: sniffOtlp,
  async read(source, builder) {
    const message = openOtlp(await source.bytes());
    const profiles = message.groups.flatMap((group) => group.profiles.map((span) => readFacts(message, span)));
    if (profiles.length === 0) throw new ReadError('empty', 'There is no profile in it.');
    const said = new Set<string>();
    for (const { resource, scope } of message.groups) {
      for (const { key, value } of resource) said.add(`${key}=${value}`);
      if (scope.name !== '') builder.quality({ engine: scope.name, ...(scope.version === '' ? {} : { engineVersion: scope.version }) });
    }
    for (const comment of said) builder.comment(comment);
    if (profiles.some(({ original, samples }) => original !== undefined && samples.length === 0))
      builder.warn('It brings profiles in a format of their own, which are not shown.');
    addProfiles(message, profiles, builder);
  },
};
