// biome-ignore-all lint/suspicious/noTemplateCurlyInString: launch configurations are made of them
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { functionAt } from '../../src/host/definitionsAround.js';
import { parseEnvFile } from '../../src/host/envFile.js';
import { applyConfig, expand, heatlineConfig, matchingConfigs, recordable, type Variables } from '../../src/host/launchConfig.js';
import { readLaunchSpec } from '../../src/host/launchSpec.js';
import { joinWords, splitWords } from '../../src/host/shellWords.js';

const variables: Variables = {
  file: '/work space/shop/pricing.py',
  folder: '/work space',
  folders: { shop: '/work space', other: '/other' },
  env: { HOME: '/home/me', EMPTY: '' },
  home: '/home/me',
  platform: 'linux',
  config: (key) => (key === 'python.flags' ? '-v' : undefined),
};

describe('arguments', () => {
  const posix = process.platform === 'win32' ? it.skip : it;

  posix.each(['', 'a b', ' a\t b ', `'a b' "c d"`, `a"b c"d`, `a\\ b`, `"a\\"b\\\\c"`, `''`, `x '' y`, `--name="ü ñ" -v`, `'it'\\''s'`])(
    'splits %j as a shell does',
    (text) => {
      const said = execFileSync('/bin/sh', ['-c', `for word in ${text}; do printf '%s\\0' "$word"; done`]).toString();
      expect(splitWords(text, 'linux')).toEqual(said.split('\0').slice(0, -1));
    },
  );

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(splitWords(joinWords(words, 'linux'), 'linux')).toEqual(words);
      }),
    );
  });

  it('keep the backslashes of Windows paths', () => {
    expect(splitWords('C:\\data\\in.csv "C:\\my data\\out.csv"', 'win32')).toEqual(['C:\\data\\in.csv', 'C:\\my data\\out.csv']);
    expect(splitWords(joinWords(['C:\\my data\\x', 'a"b'], 'win32'), 'win32')).toEqual(['C:\\my data\\x', 'a"b']);
  });
});

describe('the function at a line', () => {
  const text = [
    'import x',
    '@x.cached',
    'def quote(row):',
    '    total = 0',
    '    def inner():',
    '        return 1',
    '    return total',
    'class Shop:',
    '    rate = 2',
    '    async def pay(self):',
    '        pass',
    'quote(1)',
  ].join('\n');

  it.each([
    [0, undefined],
    [1, 'quote'],
    [2, 'quote'],
    [3, 'quote'],
    [5, 'quote.<locals>.inner'],
    [6, 'quote'],
    [8, undefined],
    [10, 'Shop.pay'],
    [11, undefined],
  ])('%i is %s', (line, name) => {
    expect(functionAt(text, line)).toBe(name);
  });
});

describe('a configuration of ours', () => {
  const read = (raw: Record<string, unknown>) => readLaunchSpec(raw, 'linux');

  it('says what to run and how to record it', () => {
    expect(
      read({
        name: 'x',
        type: 'heatline',
        request: 'launch',
        program: 'app.py',
        args: ['a b', 3],
        env: { A: 1, B: null },
        rate: 50,
        gil: true,
      }),
    ).toEqual({
      name: 'x',
      program: 'app.py',
      args: ['a b', '3'],
      env: { A: '1' },
      rate: 50,
      gil: true,
    });
    expect(read({ module: 'pytest', args: '-k "slow one"', cwd: '', engine: 'sampler', native: false })).toEqual({
      module: 'pytest',
      args: ['-k', 'slow one'],
      env: {},
      engine: 'sampler',
    });
    expect(read({ command: 'python manage.py check' }).command).toEqual(['python', 'manage.py', 'check']);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ name: 'a' }, /^The configuration “a” says nothing to run: give program, module or command\.$/],
    [{ program: 'a.py', module: 'a' }, /more than one thing/],
    [{ program: 3 }, /needs a text for program/],
    [{ program: 'a.py', env: ['A=1'] }, /needs names and values for env/],
    [{ program: 'a.py', rate: 0 }, /needs a number for rate, at least 1/],
    [{ program: 'a.py', rate: '100' }, /needs a number for rate/],
    [{ program: 'a.py', native: 'yes' }, /needs true or false for native/],
    [{ program: 'a.py', args: { a: 1 } }, /needs a list for args/],
  ])('%j is refused in a sentence', (raw, says) => {
    expect(() => read(raw)).toThrow(says);
  });

  it('reads any value without a crash', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('program', 'args', 'env', 'rate', 'gil', 'name', 'command'), fc.anything()), (raw) => {
        try {
          read(raw);
        } catch (error) {
          expect((error as Error).name).toBe('UserError');
        }
      }),
    );
  });
});

describe('launch configurations', () => {
  const configs = [
    { name: 'current', type: 'debugpy', request: 'launch', program: '${file}' },
    { name: 'named', type: 'python', request: 'launch', program: '${workspaceFolder}/shop/pricing.py' },
    { name: 'other file', type: 'debugpy', request: 'launch', program: '${workspaceFolder}/report.py' },
    { name: 'module', type: 'debugpy', request: 'launch', module: 'shop', program: '${file}' },
    { name: 'attach', type: 'debugpy', request: 'attach', program: '${file}' },
    { name: 'node', type: 'node', request: 'launch', program: '${file}' },
    { name: 'unknowable', type: 'debugpy', request: 'launch', program: '${input:which}' },
    'nonsense',
    null,
    { type: 'debugpy', program: '${file}' },
  ];

  it('match by program; the one that names the file comes first', () => {
    expect(matchingConfigs(configs, variables).map((config) => config.name)).toEqual(['named', 'current']);
  });

  it('that start Python are offered, ours and the debugger’s', () => {
    const ours = { name: 'ours', type: 'heatline', request: 'attach', processId: '4' };
    expect(recordable([...configs, ours, { type: 'heatline' }], 'linux').map((config) => config.name)).toEqual([
      'current',
      'named',
      'other file',
      'module',
      'unknowable',
      'ours',
    ]);
  });

  it('of the debugger become ours, all that changes what runs kept, variables left to VS Code', () => {
    const all = {
      name: 'all',
      type: 'debugpy',
      request: 'launch',
      module: '${input:which}',
      args: '${command:pickArgs}',
      cwd: '${workspaceFolder}/a',
      env: { A: '${env:B}' },
      envFile: '${workspaceFolder}/dev.env',
      python: ['/opt/python3', '-X', 'dev'],
      pythonArgs: ['-W', 'error'],
      preLaunchTask: 'make',
      postDebugTask: 'clean',
    };
    // Where the program is shown, and what only a debugger does.
    const left = { console: 'externalTerminal', redirectOutput: true, justMyCode: false, subProcess: true, django: true, gevent: true };
    const { python: _, ...rest } = all;
    expect(heatlineConfig({ ...all, ...left, stopOnEntry: true, sudo: false })).toEqual({
      ...rest,
      type: 'heatline',
      python: '/opt/python3',
      pythonArgs: ['-X', 'dev', '-W', 'error'],
    });
    const code = {
      name: 'c',
      type: 'debugpy',
      request: 'launch',
      code: ['import a', 'a.b()'],
      python: '${command:python.interpreterPath}',
    };
    expect(recordable([code], 'linux')).toEqual([code]);
    expect(heatlineConfig(code)).toEqual({ name: 'c', type: 'heatline', request: 'launch', code: 'import a\na.b()' });
    expect(() => heatlineConfig({ ...code, sudo: true })).toThrow(
      '“c” asks for sudo, with which Heatline starts nothing: run sudo heatline',
    );
    expect(readLaunchSpec({ ...heatlineConfig(all), args: 'x "y z"' }, 'linux')).toMatchObject({
      module: '${input:which}',
      args: ['x', 'y z'],
      pythonArgs: ['-X', 'dev', '-W', 'error'],
    });
    expect(() => readLaunchSpec({ code: 'x', program: 'y' }, 'linux')).toThrow('more than one thing');
  });

  it('give arguments, environment, folder, env file and interpreter', () => {
    const choice = applyConfig(
      {
        name: 'x',
        type: 'debugpy',
        program: '${file}',
        args: ['--in', '${workspaceFolder:other}/in.csv', 3],
        env: { A: '${env:HOME}/a', B: 2, C: null },
        cwd: 'shop',
        envFile: '${workspaceFolder}/dev.env',
        python: ['/opt/python3', '-X', 'dev'],
      },
      variables,
    );
    expect(choice).toEqual({
      program: variables.file,
      args: ['--in', '/other/in.csv', '3'],
      asksArgs: false,
      env: { A: '/home/me/a', B: '2' },
      cwd: '/work space/shop',
      envFile: { path: '/work space/dev.env', named: true },
      python: '/opt/python3',
    });
  });

  it('split arguments given as one text, and know the one that asks', () => {
    expect(applyConfig({ name: 'x', type: 'python', args: '--a "b c" ${config:python.flags}' }, variables).args).toEqual([
      '--a',
      'b c',
      '-v',
    ]);
    expect(applyConfig({ name: 'x', type: 'python', args: '${command:pickArgs}' }, variables)).toMatchObject({ args: [], asksArgs: true });
  });

  it('assume .env of the workspace, and say that it was only assumed', () => {
    expect(applyConfig({ name: 'x', type: 'python' }, variables).envFile).toEqual({ path: '/work space/.env', named: false });
  });

  it('take the part for this platform', () => {
    const [config] = matchingConfigs(
      [{ name: 'x', type: 'python', program: 'nowhere.py', linux: { program: '${file}', args: ['-l'] } }],
      variables,
    );
    expect(config?.args).toEqual(['-l']);
  });

  it.each([
    ['${fileBasenameNoExtension}${fileExtname}', 'pricing.py'],
    ['${relativeFile} ${relativeFileDirname} ${fileDirnameBasename}', 'shop/pricing.py shop shop'],
    ['${fileDirname}${/}x', '/work space/shop/x'],
    ['${env:MISSING}|${env:EMPTY}|${userHome}', '||/home/me'],
    ['no variables at $HOME {x}', 'no variables at $HOME {x}'],
  ])('fill in %j', (text, expected) => expect(expand(text, variables, 'x')).toBe(expected));

  it('say in one sentence which variable cannot be filled in', () => {
    expect(() => expand('${input:name}', variables, 'Serve')).toThrow(
      '${input:name} in the launch configuration “Serve” cannot be filled in outside the debugger.',
    );
  });
});

describe('env files', () => {
  it('hold assignments, comments and quotes', () => {
    const text = [
      '\uFEFFA=1',
      '# no',
      'export B = two words ',
      "C='$A #x'",
      'D="a\\nb" # note',
      'E=',
      'F=${A}${G}-${HOME}',
      '1X=no',
      'nothing',
      'H=x#y # z',
    ].join('\r\n');
    expect(parseEnvFile(text, { HOME: '/h' })).toEqual({ A: '1', B: 'two words', C: '$A #x', D: 'a\nb', E: '', F: '1-/h', H: 'x#y' });
  });

  it('cannot reach the prototype', () => {
    const parsed = parseEnvFile('__proto__=x\nconstructor=y');
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Object.entries(parsed)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});
