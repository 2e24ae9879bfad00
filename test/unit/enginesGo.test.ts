// The engine go: its plans, and real Go tests and mains recorded by the command line, judged by `go tool pprof`.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import type { Environment, Target } from '../../src/engines/engine.js';
import { goEngine } from '../../src/engines/go.js';
import { isGoProgram } from '../../src/engines/goProgram.js';
import { chooseEngine } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';
import { running } from './engineKit.js';
import { tellEngine } from './engineVersions.js';
import { functionsOf, judge } from './goJudge.js';

const environment: Environment = { platform: 'linux', path: '/nowhere', pythonPackage: '/opt/python' };
const command = (...argv: string[]): Target => ({ kind: 'command', argv, cwd: '/tmp', env: {} });

describe('plans', () => {
  const words = (text: string, options = {}) =>
    goEngine.plan(command(...text.split(' ')), environment, { output: '/tmp/o', ...options }).argv.join(' ');

  test.each([
    ['go test -bench . ./pkg', 'go test -cpuprofile=/tmp/o -o=/tmp/o.tmp-test.exe -bench . ./pkg'],
    ['go test -C dir -v', 'go test -C dir -cpuprofile=/tmp/o -o=/tmp/o.tmp-test.exe -v'],
    ['go test -C=dir', 'go test -C=dir -cpuprofile=/tmp/o -o=/tmp/o.tmp-test.exe'],
    ['/opt/go/bin/go run -race -tags x,y ./cmd a -b', '/opt/go/bin/go run -race -tags x,y ./cmd --cpuprofile=/tmp/o a -b'],
    ['go run main.go util.go x', 'go run main.go util.go --cpuprofile=/tmp/o x'],
    ['go run . serve --prof={profile} x', 'go run . serve --prof=/tmp/o x'],
    ['cmd/main.go x', 'go run cmd/main.go --cpuprofile=/tmp/o x'],
    ['sub/x_test.go -v', 'go test -cpuprofile=/tmp/o -o=/tmp/o.tmp-test.exe -bench=. ./sub -v'],
    ['x_test.go', 'go test -cpuprofile=/tmp/o -o=/tmp/o.tmp-test.exe -bench=. .'],
    ['./server --port 80', './server --cpuprofile=/tmp/o --port 80'],
    ['./pkg.test -test.bench .', './pkg.test --test.cpuprofile=/tmp/o -test.bench .'],
  ])('%s', (given, made) => {
    expect(words(given)).toBe(made);
  });

  test.each([
    ['alloc', '-memprofile='],
    ['lock', '-mutexprofile='],
    ['block', '-blockprofile='],
  ])('%s', (measure, flag) => {
    expect(words('go test', { measure })).toContain(`go test ${flag}/tmp/o `);
    expect(words('./server', { measure })).toBe(`./server -${flag}/tmp/o`);
  });

  test('the rest of a plan', () => {
    const { argv: _, ...plan } = goEngine.plan(command('go', 'test'), environment, { output: '/tmp/o' });
    expect(plan).toMatchInlineSnapshot(`
      {
        "cwd": "/tmp",
        "env": {},
        "format": "pprof",
        "hint": "go test writes a profile at the end of a run, and of one package at a time: name one.",
        "output": "/tmp/o",
        "signalsTree": true,
        "stop": [
          {
            "signal": "SIGINT",
            "waitSeconds": 5,
          },
          {
            "signal": "SIGTERM",
            "waitSeconds": 5,
          },
          {
            "signal": "SIGKILL",
            "waitSeconds": 2,
          },
        ],
      }
    `);
  });

  test('what cannot be', () => {
    expect(() => words('go vet ./...')).toThrow(/^go vet runs no program/);
    expect(() => words('go test -cpuprofile x.out')).toThrow(/^Leave -cpuprofile out/);
    expect(() => words('go test', { measure: 'gil' })).toThrow('The engine go does not measure gil, but cpu, alloc, lock, block.');
    expect(() => words('go test', { rateHz: 500 })).toThrow(/--rate/);
    expect(() => words('go test', { durationSeconds: 5 })).toThrow(/-benchtime/);
    expect(() => goEngine.plan(running, environment, { output: '/tmp/o' })).toThrow(/heatline fetch URL/);
  });

  test('auto takes it by the words, and by the language of a built program', async () => {
    const here = { ...environment, toolchain: '/usr/bin/go' };
    const chosen = async (target: Target) => (await chooseEngine('auto', target, here, {})).engine.id;
    expect(await chosen(command('go', 'test'))).toBe('go');
    expect(await chosen(command('cmd/main.go'))).toBe('go');
    expect(await chosen({ kind: 'command', argv: ['./server'], cwd: '/tmp', env: {}, language: 'go' })).toBe('go');
    await expect(chooseEngine('auto', command('go', 'test'), here, { gil: true })).rejects.toThrow('--gil is not for Go programs');
    await expect(chooseEngine('auto', command('go', 'test'), environment, {})).rejects.toThrow(
      'The engine go cannot run: go is not on PATH. install Go',
    );
  });
});

const version = spawnSync('go', ['version'], { encoding: 'utf8' });
const { cli, folder, run, json } = cliKit();

const WORK = `package hot

import (
	"sync"
	"time"
)

func Hot(n int) int {
	total := 0
	for i := 0; i < n; i++ {
		total += i * i % 7 // hot
	}
	return total
}

func Worker(n int, done chan<- int) {
	done <- Hot(n)
}

var kept [][]byte

func Keep() {
	kept = append(kept, make([]byte, 1<<20)) // kept
}

var lock sync.Mutex

func Contend(turns int, group *sync.WaitGroup) {
	for i := 0; i < turns; i++ {
		lock.Lock()
		time.Sleep(5 * time.Millisecond)
		lock.Unlock() // contended
	}
	group.Done()
}
`;
const TESTS = `package hot

import (
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

func BenchmarkHot(b *testing.B) {
	for i := 0; i < b.N; i++ {
		done := make(chan int)
		go Worker(150000000, done)
		<-done
	}
}

func TestWaits(t *testing.T) { time.Sleep(300 * time.Millisecond) }

func TestChild(t *testing.T) {
	if err := exec.Command(os.Args[0], "-test.run=TestWaits").Run(); err != nil {
		t.Fatal(err)
	}
}

func TestKeeps(t *testing.T) {
	for i := 0; i < 40; i++ {
		Keep()
	}
}

func TestContends(t *testing.T) {
	var group sync.WaitGroup
	group.Add(2)
	go Contend(20, &group)
	go Contend(20, &group)
	group.Wait()
}

func TestFails(t *testing.T) { t.Fatal("it is wrong") }

func TestHangs(t *testing.T) {
	os.WriteFile(os.Getenv("PID_FILE")+".new", []byte(strconv.Itoa(os.Getpid())), 0o644)
	os.Rename(os.Getenv("PID_FILE")+".new", os.Getenv("PID_FILE"))
	for {
		Hot(1000)
	}
}
`;
const MAIN = `package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"

	"example.com/hot"
)

func main() {
	file := flag.String("cpuprofile", "", "file to write")
	status := flag.Int("status", 0, "status to end with")
	flag.Parse()
	if *file != "" {
		out, err := os.Create(*file)
		if err != nil {
			panic(err)
		}
		pprof.StartCPUProfile(out)
	}
	line, _ := bufio.NewReader(os.Stdin).ReadString('\\n')
	fmt.Println("read", line, hot.Hot(100000000) > 0, flag.Args())
	pprof.StopCPUProfile()
	os.Exit(*status)
}
`;
const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const lineOf = (text: string, mark: string): number => text.split('\n').findIndex((line) => line.includes(mark)) + 1;

describe.skipIf(version.status !== 0)('recorded', () => {
  tellEngine('go', version.stdout?.trim() ?? '');
  const project = join(folder, 'prøject x');
  const files = { 'go.mod': 'module example.com/hot\n\ngo 1.19\n', 'hot.go': WORK, 'hot_test.go': TESTS, 'cmd/main.go': MAIN };
  const record = (out: string, words: readonly string[], options: readonly string[] = [], input = '') => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'record', ...options, '-o', join(folder, out), '--', ...words], {
      cwd: project,
      encoding: 'utf8',
      input,
      timeout: 300_000,
    });
    return { status, stdout, stderr };
  };
  /** Part of all time in a function and what it calls: a loop that is told to make room for others does so by a call. */
  const share = (out: string, name: string): number => {
    const { total, functions } = json('top', out);
    return (functions.find((row: { name: string; total: number }) => row.name === `example.com/hot.${name}`)?.total ?? 0) / total;
  };

  beforeAll(() => {
    mkdirSync(join(project, 'cmd'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
    // A cold cache compiles much of Go's library.
    execFileSync('go', ['test', '-run=^$', '-vet=off', '.'], { cwd: project, stdio: 'ignore' });
    execFileSync('go', ['build', '-o', join(folder, 'built'), './cmd'], { cwd: project, stdio: 'ignore' });
  });
  afterAll(() => {
    expect(readdirSync(project).sort(), 'what is left in the package').toEqual(['cmd', 'go.mod', 'hot.go', 'hot_test.go']);
  });

  test('a benchmark: go’s own output, the hot line in its goroutine, as go tool pprof sees it', async () => {
    const { status, stdout, stderr } = record('bench.pb.gz', ['go', 'test', '-run=^$', '-bench', '.', '-benchtime=2x']);
    expect(stderr).toMatch(/^heatline: go \(.*\): .* samples, .* in \S+ \(.*:\d+\) → .*bench\.pb\.gz\n$/);
    expect(stdout).toMatch(/^BenchmarkHot\S*\s+2\s+\d+ ns\/op$/m);
    expect(stdout).toMatch(/^ok\s+example\.com\/hot\s/m);
    expect(status).toBe(0);
    const profile = await readProfile(fileSource(join(folder, 'bench.pb.gz')));
    expect(functionsOf(profile, 1)).toEqual(judge(join(folder, 'bench.pb.gz'), 'cpu', 'ns', '-filefunctions').rows);
    expect(share('bench.pb.gz', 'Worker')).toBeGreaterThan(0.5);
    const { files, total } = json('lines', 'bench.pb.gz', '--source', join(project, 'hot.go'));
    // The loop is three instructions: its head and its body.
    const hot = files[0].lines.filter(({ line }: { line: number }) => Math.abs(line - lineOf(WORK, '// hot')) <= 1);
    expect(hot.reduce((sum: number, line: { total: number }) => sum + line.total, 0) / total).toBeGreaterThan(0.4);
  });

  test('waits and children take no time of this process; a failing test keeps its status', () => {
    const waits = record('waits.pb.gz', ['go', 'test', '-run', 'TestWaits|TestChild', '.']);
    expect(waits.status).toBe(0);
    expect(json('top', 'waits.pb.gz').total).toBeLessThan(250e6);
    const { status, stdout } = record('fails.pb.gz', ['go', 'test', '-run', 'TestFails']);
    expect(stdout).toContain('it is wrong');
    expect(status).toBe(1);
    expect(existsSync(join(folder, 'fails.pb.gz'))).toBe(true);
  });

  test('allocations and locks', () => {
    expect(record('mem.pb.gz', ['go', 'test', '-run', 'TestKeeps'], ['--measure', 'alloc']).status).toBe(0);
    const keep = json('top', 'mem.pb.gz', '--value', 'alloc_space').functions[0];
    expect(keep).toMatchObject({ name: 'example.com/hot.Keep' });
    expect(keep.self).toBeGreaterThan(20 << 20);
    expect(record('lock.pb.gz', ['go', 'test', '-run', 'TestContends'], ['--measure', 'lock']).status).toBe(0);
    const [line] = json('lines', 'lock.pb.gz', '--source', join(project, 'hot.go'), '--value', 'contentions').files[0].lines;
    expect(line.line).toBe(lineOf(WORK, '// contended'));
  });

  test.each([
    ['go run', ['go', 'run', './cmd'], 1],
    ['a file', ['cmd/main.go'], 1],
    ['built', [join(folder, 'built')], 3],
  ])('a main with a flag, %s: input, output and status are its own', (_, words, status) => {
    const ran = record('main.pb.gz', [...words, '-status', '3', 'x y'], [], 'typed\n');
    expect(ran.stdout).toBe('read typed\n true [x y]\n');
    expect(ran.status).toBe(status);
    expect(share('main.pb.gz', 'Hot')).toBeGreaterThan(0.4);
  });

  test('the file of the flag may be named; a main without it says so', () => {
    expect(record('named.pb.gz', [join(folder, 'built'), '-cpuprofile', '{profile}']).status).toBe(0);
    expect(share('named.pb.gz', 'Hot')).toBeGreaterThan(0.4);
    const { status, stderr } = record('alloc.pb.gz', [join(folder, 'built')], ['--measure', 'alloc']);
    expect(stderr).toMatch(/flag provided but not defined: -memprofile[\s\S]*heatline: Nothing was recorded: .* name another/);
    expect(status).toBe(2);
    expect(existsSync(join(folder, 'alloc.pb.gz'))).toBe(false);
    expect(isGoProgram(join(folder, 'built'))).toBe(true);
    expect(isGoProgram(process.execPath)).toBe(false);
  });

  test('several packages: go says that it cannot, and we what helps', () => {
    const { status, stderr } = record('all.pb.gz', ['go', 'test', './...']);
    expect(stderr).toMatch(/cannot use -cpuprofile flag with multiple packages[\s\S]*one package at a time: name one/);
    expect(status).not.toBe(0);
  });

  test.skipIf(process.platform === 'win32')('an end from outside leaves no program of the test behind', async () => {
    const file = join(folder, 'ready');
    const words = ['record', '-o', join(folder, 'stop.pb.gz'), '--', 'go', 'test', '-run', 'TestHangs'];
    const recorder = spawn(process.execPath, [cli, ...words], { cwd: project, stdio: 'ignore', env: { ...process.env, PID_FILE: file } });
    try {
      const ended = new Promise((done) => recorder.once('exit', done));
      while (!existsSync(file)) await sleep(50);
      recorder.kill('SIGTERM');
      await ended;
      const pid = Number(readFileSync(file, 'utf8'));
      for (let tries = 0; tries < 200 && isRunning(pid); tries++) await sleep(50);
      expect(isRunning(pid)).toBe(false);
    } finally {
      recorder.kill('SIGKILL');
    }
  });

  test('what is a Go program, and a file that is not there', () => {
    expect(run(['record', 'nothing.go'])).toMatchObject({ status: 2, stderr: 'heatline: nothing.go: there is no such file\n' });
    expect(readFileSync(join(project, 'go.mod'), 'utf8')).toBe(files['go.mod']);
  });
});
