import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import protobuf from 'protobufjs';
import { createProtocolConnection, type ProtocolConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import type { Requests } from '../../src/protocol/lsp.js';

/** The real server, built and started as a process of its own, and a client that speaks to it over stdio. */
export interface RunningServer {
  readonly connection: ProtocolConnection;
  readonly process: ChildProcess;
  readonly notifications: { method: string; params: unknown }[];
  request<M extends keyof Requests>(method: M, params: Requests[M][0]): Promise<Requests[M][1]>;
  stop(): Promise<number | null>;
}

/** Builds the server's bundle as esbuild.config.mjs does, into a folder of its own. */
export async function buildServer(): Promise<{ bundle: string; dispose(): void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'heatline-server-'));
  const bundle = path.join(folder, 'server.js');
  const entry = path.join(import.meta.dirname, '../../src/server/main.ts');
  await build({
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
  });
  return { bundle, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** @param flags of node itself @param texts of the client's language, English → text */
export async function startServer(
  bundle: string,
  folder: string,
  flags: readonly string[] = [],
  texts?: Readonly<Record<string, string>>,
  settings?: { readonly git?: string; readonly sourcePaths?: Readonly<Record<string, string>> },
): Promise<RunningServer> {
  const child = spawn(process.execPath, [...flags, bundle, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const connection = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  const notifications: { method: string; params: unknown }[] = [];
  for (const method of ['heatline/refresh', 'window/logMessage', '$/progress']) {
    connection.onNotification(method, (params: unknown) => void notifications.push({ method, params }));
  }
  connection.onRequest('workspace/codeLens/refresh', () => null);
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: { workspace: { codeLens: { refreshSupport: true } } },
    initializationOptions: { texts, ...settings },
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'test' }],
  });
  await connection.sendNotification('initialized', {});
  return {
    connection,
    process: child,
    notifications,
    request: (method, params) => connection.sendRequest(method, params),
    async stop() {
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      return ended;
    },
  };
}

/** One function of a hand-made profile: name, file, first line. */
export type TestFunction = readonly [name: string, file: string, startLine: number];

export interface TestProfile {
  readonly types?: readonly (readonly [string, string])[];
  readonly functions: readonly TestFunction[];
  /** Frames leaf first as [function index, line], then the values. */
  readonly samples: readonly { readonly stack: readonly (readonly [number, number])[]; readonly values: readonly number[] }[];
  readonly periodNanos?: number;
  readonly durationNanos?: number;
  readonly timeNanos?: number;
  readonly comments?: readonly string[];
}

/** Encodes pprof's protobuf by its field numbers alone, so that it judges our reader independently. */
export function encodePprof(profile: TestProfile): Uint8Array {
  const strings = new Map<string, number>([['', 0]]);
  const text = (value: string) => {
    if (!strings.has(value)) strings.set(value, strings.size);
    return strings.get(value)!;
  };
  const writer = protobuf.Writer.create();
  const message = (field: number, fields: readonly (readonly [number, number])[]) => {
    writer.uint32((field << 3) | 2).fork();
    for (const [number, value] of fields) writer.uint32(number << 3).int64(value);
    writer.ldelim();
  };
  for (const [type, unit] of profile.types ?? [
    ['samples', 'count'],
    ['wall', 'nanoseconds'],
  ]) {
    message(1, [
      [1, text(type)],
      [2, text(unit)],
    ]);
  }
  const places = new Map<string, number>();
  for (const sample of profile.samples) {
    for (const [func, line] of sample.stack) if (!places.has(`${func}:${line}`)) places.set(`${func}:${line}`, places.size + 1);
  }
  for (const sample of profile.samples) {
    message(2, [
      ...sample.stack.map(([func, line]) => [1, places.get(`${func}:${line}`)!] as const),
      ...sample.values.map((value) => [2, value] as const),
    ]);
  }
  for (const [key, id] of places) {
    const [func, line] = key.split(':').map(Number) as [number, number];
    writer
      .uint32((4 << 3) | 2)
      .fork()
      .uint32(1 << 3)
      .uint64(id);
    writer
      .uint32((4 << 3) | 2)
      .fork()
      .uint32(1 << 3)
      .uint64(func + 1)
      .uint32(2 << 3)
      .int64(line)
      .ldelim();
    writer.ldelim();
  }
  for (const [index, [name, file, startLine]] of profile.functions.entries()) {
    message(5, [
      [1, index + 1],
      [2, text(name)],
      [3, text(name)],
      [4, text(file)],
      [5, startLine],
    ]);
  }
  const wall = [text('wall'), text('nanoseconds')] as const;
  const comments = (profile.comments ?? []).map(text);
  for (const value of strings.keys()) writer.uint32((6 << 3) | 2).string(value);
  if (profile.timeNanos) writer.uint32(9 << 3).int64(profile.timeNanos);
  if (profile.durationNanos) writer.uint32(10 << 3).int64(profile.durationNanos);
  message(11, [
    [1, wall[0]],
    [2, wall[1]],
  ]);
  writer.uint32(12 << 3).int64(profile.periodNanos ?? 1_000_000);
  for (const comment of comments) writer.uint32(13 << 3).int64(comment);
  return gzipSync(writer.finish());
}
