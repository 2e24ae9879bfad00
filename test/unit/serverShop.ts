// What tests of the server share: a small program, a profile of it, and a running server that has it open.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LineHeat, ProfileInfo, ViewParams } from '../../src/protocol/lsp.js';
import { buildServer, encodePprof, type RunningServer, startServer, type TestProfile } from './serverKit.js';

export const SHOP = `"""Prices orders."""


def quote(items, catalogue):
    total = 0
    for name in items:
        total += find(name, catalogue)
    return total


def find(name, catalogue):
    for row in catalogue:
        if row.casefold() == name: return len(row)
    return 0


def main():
    print(quote(["a"], ["b"]))


main()
`;
/** A name made to break out of Markdown. */
export const HOSTILE = 'evil`|[x](command:bad)<b>\u202e\n# head';
/** Nanoseconds. */
export const MS = 1_000_000;

export const uri = (file: string) => pathToFileURL(file).href;

/** 1000 ms: find's own loop 600, quote's own line 100, a call of a hostile library function 200, main's print 100. */
export function shopProfile(file: string): TestProfile {
  const root = [
    [2, 18],
    [3, 21],
  ] as const;
  return {
    functions: [
      ['quote', file, 4],
      ['find', file, 11],
      ['main', file, 17],
      ['<module>', file, 1],
      [HOSTILE, '/usr/lib/python3.12/evil.py', 7],
    ],
    samples: [
      { stack: [[1, 13], [0, 7], ...root], values: [600, 600 * MS] },
      { stack: [[0, 7], ...root], values: [100, 100 * MS] },
      { stack: [[4, 9], [1, 12], [0, 7], ...root], values: [200, 200 * MS] },
      { stack: root, values: [100, 100 * MS] },
    ],
    durationNanos: 1000 * MS,
  };
}

export interface Shop {
  /** A folder of its own, whose name has a space and an umlaut. */
  readonly folder: string;
  /** The program's file. */
  readonly shop: string;
  /** The server's bundle, to start more of them. */
  readonly bundle: string;
  readonly server: RunningServer;
  /** The open profile, and the view of the value type that is shown first. */
  readonly info: ProfileInfo;
  readonly view: ViewParams;
  /** The heat of the program's lines by line. */
  heat(of: ViewParams): Promise<{ stale: boolean; lines: Record<string, LineHeat> }>;
  /** Ends the server and gives its exit status. */
  close(): Promise<number | null>;
}

/** Starts a server and opens the profile in it. */
export async function openShop(): Promise<Shop> {
  const folder = mkdtempSync(path.join(tmpdir(), 'heatline server ü-'));
  const shop = path.join(folder, 'shop.py');
  writeFileSync(shop, SHOP);
  const past = new Date(Date.now() - 60_000);
  utimesSync(shop, past, past);
  writeFileSync(path.join(folder, 'shop.pb.gz'), encodePprof(shopProfile(shop)));
  const built = await buildServer();
  const server = await startServer(built.bundle, folder);
  const info = await server.request('profile/open', { uri: uri(path.join(folder, 'shop.pb.gz')) });
  const view = { profile: info.id, type: info.defaultType };
  return {
    folder,
    shop,
    bundle: built.bundle,
    server,
    info,
    view,
    async heat(of) {
      const { lines, stale } = await server.request('profile/lineHeat', { view: of, uri: uri(shop) });
      return { stale, lines: Object.fromEntries(lines.map((line) => [line.line, line])) };
    },
    async close() {
      const status = await server.stop();
      built.dispose();
      rmSync(folder, { recursive: true, force: true });
      return status;
    },
  };
}
