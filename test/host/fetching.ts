import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { type Define, Skip } from './harness.js';
import {
  api,
  assertWholeRecordings,
  eventually,
  extension,
  lineWith,
  noteRecordings,
  recordedRun,
  recordingFiles,
  write,
} from './support.js';

/** Profiles of services that run: a real one of Go, and ones that refuse, ask for a login, or never answer. */
export function fetching(test: Define): void {
  const fixtures = () => path.join(extension().extensionPath, 'test', 'fixtures');
  const fetch = async (options: object) => vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.fetchPprof', options);

  /** Runs the body beside a service in Go whose source lies in the workspace. */
  async function besideGo(
    body: (address: string, source: vscode.Uri, secure: { address: string; cacert: string }) => Promise<void>,
  ): Promise<void> {
    if (spawnSync('go', ['version']).status !== 0) throw new Skip('go is not on PATH');
    const text = readFileSync(path.join(fixtures(), 'go-service', 'main.go'), 'utf8');
    const source = await write('service/main.go', text);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'heatline-go-'));
    let service: ChildProcess | undefined;
    try {
      execFileSync('go', ['build', '-o', path.join(folder, 'service'), source.fsPath], { stdio: 'pipe', cwd: path.dirname(source.fsPath) });
      service = spawn(path.join(folder, 'service'), [path.join(folder, 'cert.pem')], { stdio: ['pipe', 'pipe', 'ignore'] });
      const [said] = await once(service.stdout!, 'data');
      const { http, https } = JSON.parse(String(said));
      await body(http, source, { address: https, cacert: path.join(folder, 'cert.pem') });
      assert.equal(service.exitCode, null, 'the service did not run on');
    } finally {
      service?.stdin?.end();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** A server that answers so; `asked` are the requests that it got. */
  async function serve(answer: Parameters<typeof createServer>[1] & object): Promise<{ server: Server; address: string }> {
    const server = createServer(answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  const end = (server: Server) => {
    server.closeAllConnections();
    server.close();
  };

  test('a Go service: CPU and memory become recordings with heat; Profile Again asks it again', async () => {
    await besideGo(async (address, source) => {
      const cpu = await fetch({ url: address, seconds: 2 });
      assert.ok(cpu?.recording, 'nothing was recorded');
      noteRecordings(cpu);
      assert.equal(cpu.recording.label, `profile of ${address.replace('http://', '')}`);
      assert.equal(cpu.recording.engine, 'pprof');
      const heat = await (await api()).lineHeat(source);
      const at = await lineWith(source, 'total += i * i % 7');
      assert.ok((heat.find(({ line }) => line === at)?.share ?? 0) > 0.2, JSON.stringify(heat));
      const again = await vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.rerun');
      assert.equal(again?.recording?.label, cpu.recording.label);
      assert.notEqual(again?.id, cpu.id);
      const heap = await fetch({ url: `${address}/debug/pprof/`, kind: 'heap' });
      assert.equal(heap?.recording?.label, `heap of ${address.replace('http://', '')}`);
      assert.ok(heap.valueTypes.some(({ type }) => type === 'inuse_space'));
      assertWholeRecordings();
    });
  });

  test('a service of the user’s settings is offered first, with the authority that they name for it', async () => {
    await besideGo(async (_, __, { address, cacert }) => {
      const settings = vscode.workspace.getConfiguration('heatline');
      const service = { name: 'Shop', url: `https://${address}/debug/pprof/heap` };
      const offered = async (more: object) => {
        await settings.update('fetch.services', [{ ...service, ...more }], vscode.ConfigurationTarget.Global);
        const fetched = fetch({});
        // Accepting does nothing before the list is there.
        let info: ProfileInfo | undefined | null = null;
        void fetched.then((value) => {
          info = value;
        });
        await eventually(async () => {
          await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
          assert.notEqual(info, null);
        });
        return fetched;
      };
      try {
        assert.equal(await offered({}), undefined, 'a certificate of nobody was taken');
        assert.equal(await offered({ cacert: '/not/there.pem' }), undefined);
        const info = await offered({ cacert });
        assert.equal(info?.recording?.label, `heap of ${address}`);
        noteRecordings(info);
        assertWholeRecordings();
      } finally {
        await settings.update('fetch.services', undefined, vscode.ConfigurationTarget.Global);
      }
    });
  });

  test('what a service refuses leaves no recording', async () => {
    noteRecordings(await recordedRun(await write('runs ü/before.py', 'sum(n * n for n in range(400000))\n')));
    const before = recordingFiles();
    const { server, address } = await serve((_, response) => response.writeHead(404).end('none'));
    try {
      assert.equal(await fetch({ url: `${address}/debug/pprof/nothing` }), undefined);
      assert.equal(await fetch({ url: 'http://127.0.0.1:1' }), undefined);
      assert.equal(await fetch({ url: 'ftp://host' }), undefined);
    } finally {
      end(server);
    }
    assert.deepEqual(recordingFiles(), before);
  });

  test('secrets reach the service, and nothing else', async () => {
    const seen: (string | undefined)[] = [];
    const profile = readFileSync(path.join(fixtures(), 'profiles', 'pstats', 'python-3.12.prof'));
    const { server, address } = await serve((request, response) => {
      seen.push(request.headers.authorization, request.url);
      response.end(profile);
    });
    try {
      const info = await fetch({ url: `${address}/kept.prof?token=hunter2`, authorization: 'Bearer hunter3' });
      assert.deepEqual(seen, ['Bearer hunter3', '/kept.prof?token=hunter2']);
      assert.ok(info?.recording);
      noteRecordings(info);
      const meta = readFileSync(path.join(path.dirname(vscode.Uri.parse(info.uri).fsPath), 'meta.json'), 'utf8');
      assert.doesNotMatch(meta, /hunter/);
      await vscode.commands.executeCommand('heatline.rerun');
      assert.deepEqual(seen.slice(2), ['Bearer hunter3', '/kept.prof?token=hunter2']);
    } finally {
      end(server);
    }
  });

  test('Stop ends the waiting for a service at once, and nothing is left', async () => {
    const before = recordingFiles();
    let asked = 0;
    const { server, address } = await serve(() => {
      asked += 1;
    });
    try {
      const fetched = fetch({ url: address, seconds: 60 });
      await eventually(() => assert.equal(asked, 1));
      await vscode.commands.executeCommand('heatline.stop');
      assert.equal(await fetched, undefined);
      assert.deepEqual(recordingFiles(), before);
    } finally {
      end(server);
    }
  });

  test('a rate in the settings does not keep programs of Go from being recorded', async () => {
    if (spawnSync('go', ['version']).status !== 0) throw new Skip('go is not on PATH');
    await write('gobench/go.mod', 'module gobench\n\ngo 1.18\n');
    const bench = `package gobench

import "testing"

func BenchmarkSum(b *testing.B) {
	total := 0
	for i := 0; i < b.N; i++ {
		for j := 0; j < 1000; j++ {
			total += i ^ j
		}
	}
	if total == 1 {
		b.Log(total)
	}
}
`;
    await write('gobench/sum_test.go', bench);
    const settings = vscode.workspace.getConfiguration('heatline');
    await settings.update('rateHz', 250, vscode.ConfigurationTarget.Workspace);
    try {
      const config = { command: 'go test -bench . .', cwd: 'gobench' };
      const info = await vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.profileLaunchConfig', config);
      assert.equal(info?.recording?.engine, 'go');
      assert.match(info.recording.engineReason ?? '', /the setting heatline\.rateHz is left out/);
      noteRecordings(info);
    } finally {
      await settings.update('rateHz', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });
}
