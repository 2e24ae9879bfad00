// What tests of the receiver share: one on a free port with a store of its own, and profiles to send.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Writer } from 'protobufjs/minimal';
import { afterAll } from 'vitest';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { type ReceiveSettings, type Receiving, receive } from '../../src/receive/index.js';

export interface ReceiverKit extends Receiving {
  readonly folder: string;
  readonly url: string;
  /** What the log said. */
  readonly said: string[];
  /** Windows of the store, relative to it and sorted. */
  windows(): string[];
  /** Unpacked. */
  content(window: string): Buffer;
}

/** Listens until the tests of the file have ended. */
export async function openReceiver(settings: Partial<ReceiveSettings> = {}): Promise<ReceiverKit> {
  const folder = settings.folder ?? mkdtempSync(join(tmpdir(), 'heatline-received-'));
  const said: string[] = [];
  const receiving = await receive({
    listen: ['127.0.0.1:0'],
    keep: { bytes: Number.POSITIVE_INFINITY, seconds: Number.POSITIVE_INFINITY },
    tell: (sentence) => said.push(sentence),
    ...settings,
    folder,
  });
  afterAll(async () => {
    await receiving.close();
    if (settings.folder === undefined) rmSync(folder, { recursive: true, force: true });
  });
  return Object.assign(Object.create(receiving) as Receiving, {
    folder,
    said,
    url: receiving.addresses[0]!,
    windows: () => windowsIn(folder),
    content: (window: string) => gunzipSync(readFileSync(join(folder, window))),
  });
}

export function windowsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.pb.gz'))
    .sort();
}

/** A small profile with one function of this name and one value, unpacked. @param time Unix milliseconds; 0: it does not tell */
export function profileOf(name: string, value = 1, time = Date.now()): Buffer {
  const builder = new ProfileBuilder('test');
  builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
  const main = builder.place(builder.func(builder.string('main'), 0, builder.string('/app/shop.py'), 1), 2);
  const leaf = builder.place(builder.func(builder.string(name), 0, builder.string('/app/shop.py'), 10), 12);
  builder.sample(builder.stack(builder.stack(-1, main), leaf), [value]);
  if (time > 0) builder.set({ timeNanos: BigInt(time) * 1_000_000n, durationNanos: 1e9 });
  return gunzipSync(writePprof(builder.finish()));
}

/** A message push.v1.PushRequest with one series. */
export function pushOf(profiles: readonly Uint8Array[], labels: Readonly<Record<string, string>>, ids: readonly string[] = []): Uint8Array {
  const series = Writer.create();
  for (const [name, value] of Object.entries(labels)) series.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim();
  profiles.forEach((profile, i) => {
    series
      .uint32(18)
      .fork()
      .uint32(10)
      .bytes(profile)
      .uint32(18)
      .string(ids[i] ?? '')
      .ldelim();
  });
  return Writer.create().uint32(10).bytes(series.finish()).finish();
}

export interface Told {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** Sends, and reads the answer. */
export async function post(
  url: string,
  body: Uint8Array | string | FormData,
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const answer = await fetch(url, { method: 'POST', body: body as never, headers });
  return { status: answer.status, body: await answer.text(), headers: answer.headers };
}

/** A push as Pyroscope's clients send it. */
export function push(url: string, message: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Told> {
  return post(`${url}/push.v1.PusherService/Push`, message, { 'content-type': 'application/proto', ...headers });
}

/** A form as Datadog's libraries send it. */
export function datadogForm(event: unknown, profiles: Readonly<Record<string, Uint8Array>>): FormData {
  const form = new FormData();
  form.append('event', new Blob([typeof event === 'string' ? event : JSON.stringify(event)], { type: 'application/json' }), 'event.json');
  for (const [name, content] of Object.entries(profiles)) form.append(name, new Blob([content as never]), name);
  return form;
}
