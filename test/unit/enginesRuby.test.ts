// The engines stackprof and rbspy: their plans, and real Ruby programs recorded by the command line.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { EngineOptions, Environment, Target } from '../../src/engines/engine.js';
import { chooseEngine, launch } from '../../src/engines/index.js';
import { rbspy } from '../../src/engines/rbspy.js';
import { stackprof } from '../../src/engines/stackprof.js';
import { cliKit } from './cliKit.js';
import { running } from './engineKit.js';
import { tellEngine } from './engineVersions.js';

const nowhere: Environment = { platform: 'linux', path: '/nowhere', pythonPackage: '/opt/heat line/python' };
const command = (...argv: string[]): Target => ({ kind: 'command', argv, cwd: '/tmp', env: {} });
const output = '/tmp/ü b/o';

describe('plans', () => {
  test('stackprof, a script', () => {
    const script: Target = { kind: 'script', script: '/tmp/a b.rb', args: ['-x'], cwd: '/tmp', env: { A: '1' } };
    expect(stackprof.plan(script, nowhere, { output, rateHz: 200, durationSeconds: 2.5, reportStatus: true })).toMatchInlineSnapshot(`
      {
        "argv": [
          "ruby",
          "-r",
          "/opt/heat line/ruby/heatline_recorder.rb",
          "/tmp/a b.rb",
          "-x",
        ],
        "cwd": "/tmp",
        "env": {
          "A": "1",
          "HEATLINE_RUBY_DURATION": "2.5",
          "HEATLINE_RUBY_INTERVAL": "5000",
          "HEATLINE_RUBY_MODE": "wall",
          "HEATLINE_RUBY_OUTPUT": "/tmp/ü b/o",
          "HEATLINE_RUBY_STATUS": "/tmp/ü b/o.status",
        },
        "format": "stackprof",
        "hint": "stackprof writes when the program ends: one that is killed leaves nothing.",
        "output": "/tmp/ü b/o",
        "statusFile": "/tmp/ü b/o.status",
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

  test('rbspy, a command with options of the interpreter', () => {
    const options: EngineOptions = { output, subprocesses: true, measure: 'cpu', durationSeconds: 1.4 };
    const { argv, env } = rbspy.plan(command('/opt/ruby3.2', '-W0', 'x.rb', 'y'), nowhere, options);
    expect(argv).toEqual(['/opt/ruby3.2', '-r', '/opt/heat line/ruby/heatline_recorder.rb', '-W0', 'x.rb', 'y']);
    expect(env).toMatchInlineSnapshot(`
      {
        "HEATLINE_RUBY_DURATION": "1.4",
        "HEATLINE_RUBY_MODE": "tool",
        "HEATLINE_RUBY_OUTPUT": "/tmp/ü b/o",
        "HEATLINE_RUBY_TOOL": "rbspy
      record
      --silent
      --raw-file
      /tmp/ü b/o
      --format
      collapsed
      --file
      /tmp/ü b/o.tmp-report
      --rate
      100
      --duration
      1
      --subprocesses
      --on-cpu
      --pid
      {pid}",
      }
    `);
  });

  test('rbspy, a process that runs already', () => {
    const plan = rbspy.plan(running, nowhere, { output, rateHz: 50 });
    expect(plan).toMatchObject({ attached: true, format: 'rbspy-raw', env: {} });
    expect(plan.argv.join(' ')).toBe(
      `rbspy record --silent --raw-file ${output} --format collapsed --file ${output}.tmp-report --rate 50 --pid 4711`,
    );
  });

  test('what cannot be', () => {
    expect(() => stackprof.plan(running, nowhere, { output })).toThrow(/rbspy can/);
    expect(() => stackprof.plan(command('python', 'x.py'), nowhere, { output })).toThrow(/^python is not a Ruby program/);
    expect(() => stackprof.plan(command('x.rb'), nowhere, { output, measure: 'alloc', rateHz: 5 })).toThrow(/--rate/);
    expect(() => rbspy.plan(running, nowhere, { output, measure: 'alloc' })).toThrow(
      'The engine rbspy does not measure alloc, but wall, cpu.',
    );
  });

  test('auto goes by what is asked', async () => {
    const chosen = (target: Target, options = {}, environment = nowhere) =>
      chooseEngine('auto', target, environment, options).then(
        ({ engine }) => engine.id,
        (error: Error) => error.message,
      );
    expect(await chosen(command('x.rb'))).toMatch(/^The engine stackprof cannot run: ruby is not on PATH\. install Ruby/);
    expect(await chosen(command('ruby', 'x.rb'), { subprocesses: true })).toMatch(/^The engine rbspy cannot run: .* cargo install rbspy/);
    expect(await chosen(running, {}, { ...nowhere, implementation: 'ruby' })).toMatch(/^The engine rbspy cannot run/);
    const other = (id: string, implementation: string) => chooseEngine(id, running, { ...nowhere, implementation }, {});
    await expect(other('rbspy', 'cpython')).rejects.toThrow('The engine rbspy is for programs in ruby; process 4711 is one in python.');
    await expect(other('py-spy', 'ruby')).rejects.toThrow('The engine py-spy is for programs in python; process 4711 is one in ruby.');
    expect(await chosen(command('ruby', 'x.rb'), { gil: true })).toBe('--gil is not for Ruby programs.');
  });
});

const pythonPackage = resolve(import.meta.dirname, '../../python');
const here: Environment = { platform: process.platform, path: process.env.PATH ?? '', pythonPackage };
const found = await stackprof.probe(here);
const sampled = await rbspy.probe(here);
const { cli, folder, heatline, json } = cliKit();

const PROGRAM = `def hot(turns)
  total = 0
  turns.times do |i|
    total += i * i % 7 # hot
  end
  total
end

def waits
  sleep 1 # waits
end

def keep
  Array.new(20_000) { |i| "kept #{i}" } # kept
end

def threaded(turns)
  hot(turns)
end

case ARGV[0]
when 'hot' then hot(1_500_000)
when 'waits'
  hot(500_000)
  waits
when 'keep' then keep
when 'thread' then Thread.new { threaded(2_000_000) }.join
when 'child'
  system('ruby', __FILE__, 'hot')
  hot(1_000_000)
when 'fork'
  Process.wait(fork { hot(500_000); exit 3 })
  puts $?.exitstatus
  hot(1_500_000)
when 'at_exit' then at_exit { hot(1_500_000) }
when 'exit!'
  hot(1_500_000)
  exit!(4)
when 'exec'
  hot(500_000)
  exec('ruby', __FILE__, 'hot', 'after exec')
when 'no exec'
  (exec('/nowhere') rescue puts $!.class)
  puts ENV.keys.grep(/HEATLINE_RUBY|RUBYOPT/).inspect
  hot(1_500_000)
when 'raise'
  hot(1_500_000)
  raise 'wrong'
when 'spin'
  hot(300_000)
  puts 'ready'
  $stdout.flush
  loop { hot(100_000) }
end
puts [$stdin.gets, ARGV, $0 == __FILE__, ENV.keys.grep(/HEATLINE_RUBY/)].inspect
exit 7
`;
const lineOf = (mark: string): number => PROGRAM.split('\n').findIndex((line) => line.includes(mark)) + 1;

interface Row {
  readonly name: string;
  readonly self: number;
  readonly total: number;
}

const place = (): string => {
  const made = mkdtempSync(join(folder, 'rüby '));
  writeFileSync(join(made, 'prög x.rb'), PROGRAM);
  return made;
};

describe.skipIf(found.state !== 'found')('stackprof', () => {
  tellEngine('stackprof', found.state === 'found' ? found.detail : '');

  const record = (words: readonly string[], options: readonly string[] = [], at = place()) => {
    const all = ['record', ...options, '-o', 'o.pb.gz', '--', ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...all], {
      cwd: at,
      encoding: 'utf8',
      input: 'typed\n',
      timeout: 300_000,
    });
    return { at, status, stdout, stderr, out: join(at, 'o.pb.gz') };
  };
  const share = (out: string, name: string, value = 'wall'): number => {
    const { total, functions } = json('top', out, '--value', value);
    return (functions.find((row: Row) => row.name === name)?.total ?? 0) / total;
  };

  test('a script by its name: streams and status pass through, the hot line is found', () => {
    const { at, out, status, stdout, stderr } = record(['prög x.rb', 'hot', '-x']);
    expect(stdout).toBe('["typed\\n", ["hot", "-x"], true, []]\n');
    expect(stderr).toMatch(/^heatline: stackprof \(.*\): .* samples, .* → o\.pb\.gz\n$/);
    expect(status).toBe(7);
    expect(readdirSync(at).sort()).toEqual(['o.pb.gz', 'prög x.rb']);
    expect(share(out, 'Object#hot')).toBeGreaterThan(0.5);
    const script = join(at, 'prög x.rb');
    const types = json('info', out).valueTypes.map(({ type }: { type: string }) => type);
    const byLine = types.includes('samples by line') ? ['--value', 'samples by line'] : [];
    if (byLine.length > 0) expect(heatline('lines', out).stdout).toContain("; --value 'samples by line' has lines.\n");
    const lines: (Row & { line: number })[] = json('lines', out, '--source', script, ...byLine).files[0].lines;
    const hottest = lines.reduce((best, row) => (row.self > best.self ? row : best));
    expect(hottest.line).toBe(lineOf('# hot'));
  });

  test('what stackprof itself reports of the same file', async () => {
    const at = place();
    const target: Target = { kind: 'script', script: join(at, 'prög x.rb'), args: ['hot'], cwd: at, env: {} };
    const plan = stackprof.plan(target, here, { output: join(at, 'o.json') });
    expect(await launch(plan, { stdio: 'ignore', forwardSignals: false })).toMatchObject({ exitStatus: 7, output: plan.output });
    const judge = execFileSync('stackprof', ['--text', '--limit', '1000', plan.output], { encoding: 'utf8' });
    // The program's main is two frames to it, of which one has a relative path.
    const theirs = new Map<string, [total: number, self: number]>();
    for (const [, total, self, name] of judge.matchAll(/^ +(\d+) +\([\d.]+%\) +(\d+) +\([\d.]+%\) +(.*)$/gm)) {
      const known = theirs.get(name!) ?? [0, 0];
      theirs.set(name!, [Math.max(known[0], Number(total)), known[1] + Number(self)]);
    }
    const profile = await readProfile(fileSource(plan.output));
    const table = functionTable(profile, { type: 0 });
    const ours = Array.from(table.self, (self, func) => {
      return [profile.strings[profile.functions.name[func]!]!, [table.total[func]!, self]] as const;
    });
    expect(theirs.size).toBeGreaterThan(2);
    expect(new Map(ours.filter(([, [total]]) => total > 0))).toEqual(theirs);
  });

  test('waits are wall and no CPU; a thread is CPU; allocations are counted', () => {
    const waits = record(['ruby', 'prög x.rb', 'waits']).out;
    expect(share(waits, 'Object#waits')).toBeGreaterThan(0.3);
    const cpu = record(['ruby', 'prög x.rb', 'waits'], ['--measure', 'cpu']).out;
    expect(share(cpu, 'Object#waits', 'cpu')).toBeLessThan(0.3);
    expect(share(cpu, 'Object#hot', 'cpu')).toBeGreaterThan(0.3);
    expect(share(record(['ruby', 'prög x.rb', 'thread'], ['--measure', 'cpu']).out, 'Object#threaded', 'cpu')).toBeGreaterThan(0.5);
    const alloc = record(['ruby', 'prög x.rb', 'keep'], ['--measure', 'alloc']).out;
    // A text for the number, and one for the whole.
    const kept = json('top', alloc, '--value', 'allocations').functions.find((row: Row) => row.name === 'Object#keep');
    expect(kept.total).toBeGreaterThan(30_000);
    expect(kept.total).toBeLessThan(50_000);
  });

  test.each([
    ['child', 7, ''],
    ['fork', 7, '3\n'],
    ['at_exit', 7, ''],
    ['exit!', 4, undefined],
    ['exec', 7, ''],
    ['no exec', 7, 'Errno::ENOENT\n[]\n'],
    ['raise', 1, undefined],
  ])('%s: what was recorded is kept, the status is the program’s', (way, expected, printed) => {
    const { out, status, stdout, stderr } = record(['ruby', 'prög x.rb', way]);
    expect(status).toBe(expected);
    const told = way === 'exec' ? ['hot', 'after exec'] : [way];
    if (printed !== undefined && way !== 'child')
      expect(stdout).toBe(`${printed}["typed\\n", ${JSON.stringify(told).replace(',', ', ')}, true, []]\n`);
    if (way === 'raise') expect(stderr).toMatch(/prög x\.rb:\d+:in .*wrong/);
    expect(stderr).toMatch(/ → o\.pb\.gz\n$/);
    if (way !== 'no exec') expect(share(out, 'Object#hot')).toBeGreaterThan(way === 'fork' || way === 'child' ? 0.02 : 0.4);
  });

  test.skipIf(process.platform === 'win32').each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: the recording is kept', async (signal, expected) => {
    const at = place();
    const child = spawn(process.execPath, [cli, 'record', '-o', 'o.pb.gz', '--', 'ruby', 'prög x.rb', 'spin'], {
      cwd: at,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      await new Promise((ready) => child.stdout.once('data', ready));
      const ended = new Promise((done) => child.once('close', done));
      child.kill(signal);
      expect(await ended).toBe(expected);
      expect(share(join(at, 'o.pb.gz'), 'Object#hot')).toBeGreaterThan(0.5);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('a tool that is a Ruby script, and one that is not there', () => {
    const at = place();
    mkdirSync(join(at, 'bin'));
    writeFileSync(join(at, 'bin', 'mytool'), `#!/usr/bin/env ruby\n${PROGRAM}`, { mode: 0o755 });
    const { stdout, status, out } = record([join(at, 'bin', 'mytool'), 'hot'], [], at);
    expect(stdout).toBe('["typed\\n", ["hot"], true, []]\n');
    expect(status).toBe(7);
    expect(share(out, 'Object#hot')).toBeGreaterThan(0.4);
    expect(record(['none.rb'])).toMatchObject({ status: 2, stderr: 'heatline: none.rb: there is no such file\n' });
  });

  test('for a time: the program runs on', () => {
    const { out, status, stdout } = record(['ruby', 'prög x.rb', 'waits'], ['--duration', '0.1']);
    expect(status).toBe(7);
    expect(stdout).toContain('typed');
    expect(json('top', out).total).toBeLessThan(0.9e9);
  });

  test('its status in a file, where a terminal hides it', async () => {
    for (const [way, status] of [
      ['exit!', 4],
      ['raise', 1],
      ['no exec', 7],
    ] as const) {
      const at = place();
      const target: Target = { kind: 'script', script: join(at, 'prög x.rb'), args: [way], cwd: at, env: {} };
      const plan = stackprof.plan(target, here, { output: join(at, 'o.json'), reportStatus: true });
      expect(plan.statusFile).toBeDefined();
      const hidden = { ...plan, argv: ['/bin/sh', '-c', '"$@"; exit 0', 'sh', ...plan.argv] };
      expect((await launch(hidden, { stdio: 'ignore', forwardSignals: false })).exitStatus).toBe(status);
      expect(existsSync(plan.statusFile!)).toBe(false);
    }
  });
});

describe.skipIf(sampled.state !== 'found' || found.state !== 'found')('rbspy, where it is installed', () => {
  if (sampled.state === 'found') tellEngine('rbspy', execFileSync(sampled.executable!, ['--version'], { encoding: 'utf8' }).trim());

  const start = async (at: string): Promise<ChildProcess> => {
    const child = spawn('ruby', ['prög x.rb', 'spin'], { cwd: at, stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((ready) => child.stdout.once('data', ready));
    return child;
  };

  /** Newer Rubies call it Object#hot. */
  const shareOfHot = (out: string): number => {
    const { functions, total } = json('top', out);
    return functions.find((row: Row) => /^(?:Object#)?hot$/.test(row.name)).total / total;
  };

  test('a program: streams and status pass through, the hot function is found', () => {
    const at = place();
    const words = ['record', '--engine', 'rbspy', '-o', 'o.pb.gz', '--', 'ruby', 'prög x.rb', 'hot'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], { cwd: at, encoding: 'utf8', input: 'typed\n' });
    expect(stderr).toMatch(/^heatline: rbspy: .* → o\.pb\.gz\n$/);
    expect(stdout).toBe('["typed\\n", ["hot"], true, []]\n');
    expect(status).toBe(7);
    expect(shareOfHot(join(at, 'o.pb.gz'))).toBeGreaterThan(0.3);
    expect(readdirSync(at).sort()).toEqual(['o.pb.gz', 'prög x.rb']);
  });

  test('one that runs already, for a time: it runs on', async () => {
    const at = place();
    const child = await start(at);
    try {
      const words = ['record', '--pid', String(child.pid), '--duration', '1', '-o', 'o.pb.gz'];
      const { status, stderr } = spawnSync(process.execPath, [cli, ...words], { cwd: at, encoding: 'utf8' });
      expect(stderr).toMatch(
        /^heatline: recording process \d+ \(ruby .*\) for 1\.00 s with rbspy \(.*\nheatline: rbspy: .* → o\.pb\.gz\n$/,
      );
      expect(status).toBe(0);
      expect(child.exitCode).toBe(null);
      expect(shareOfHot(join(at, 'o.pb.gz'))).toBeGreaterThan(0.5);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
