import { ReadError } from '../core/errors.js';
import { fromOtlpJson } from '../core/formats/otlp/json.js';
import { type OtlpMessage, openOtlp, type ProfileGroup } from '../core/formats/otlp/message.js';
import { addProfiles, type ProfileFacts, readFacts } from '../core/formats/otlp/profiles.js';
import { writePprof } from '../core/formats/pprof/write.js';
import { ProfileBuilder } from '../core/model/builder.js';
import { notAProfile, tooLarge } from './refusal.js';
import type { Upload } from './upload.js';

/** Frames of all samples of one window: they are written out for pprof at two million a second or so, and clients wait ten seconds. */
const MOST_FRAMES = 2 ** 22;

/**
 * The profiles of OpenTelemetry's ExportProfilesServiceRequest, as pprof: those of one resource that were measured at the same time
 * are the columns of one. A profile that brings its own pprof is kept as that. @throws Refusal
 */
export function fromOtlp(body: Uint8Array, isJson: boolean): Upload[] {
  try {
    const message = openOtlp(isJson ? fromOtlpJson(body) : body);
    const uploads = message.groups.flatMap((group) => fromGroup(message, group));
    if (uploads.length === 0) throw notAProfile('There is no profile in it.');
    return uploads;
  } catch (error) {
    if (error instanceof ReadError) throw error.code === 'too-large' ? tooLarge(error.message) : notAProfile(error.message);
    throw error;
  }
}

function fromGroup(message: OtlpMessage, group: ProfileGroup): Upload[] {
  const profiles = group.profiles.map((span) => readFacts(message, span));
  const together = new Map<string, ProfileFacts[]>();
  const alone: Upload[] = [];
  for (const profile of profiles) {
    if (profile.original?.format.toLowerCase() === 'pprof') {
      alone.push(upload(group, [profile], profile.original.content));
      continue;
    }
    const key = `${profile.timeNanos} ${profile.durationNanos}`;
    const others = together.get(key);
    if (others === undefined) together.set(key, [profile]);
    else others.push(profile);
  }
  const made = Array.from(together.values(), (some) => {
    const builder = new ProfileBuilder('otlp');
    addProfiles(message, some, builder, MOST_FRAMES);
    return upload(group, some, writePprof(builder.finish()));
  });
  return [...alone, ...made];
}

function upload({ resource, scope }: ProfileGroup, profiles: readonly ProfileFacts[], content: Uint8Array): Upload {
  const [first] = profiles;
  const told = [...resource, ...profiles.flatMap(({ attributes }) => attributes)];
  return {
    content,
    told: [...told.map(({ key, value }) => [key, String(value)] as const), ['profile_id', first?.id ?? ''] as const],
    startNanos: first?.timeNanos ?? 0n,
    durationNanos: Number(first?.durationNanos ?? 0n),
    id: profiles.map(({ id }) => id).join(),
    by: scope.name === '' ? undefined : scope,
  };
}
