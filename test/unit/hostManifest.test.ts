import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { engines } from '../../src/engines/index.js';
import { readLaunchSpec } from '../../src/host/launchSpec.js';

const root = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json'));
const texts: Record<string, string> = JSON.parse(read('package.nls.json'));
const { contributes } = manifest;
/** The command table needs vscode to be imported, so its keys are read from its text. */
const table = [...read('src/host/commands.ts').matchAll(/^ {2}'(heatline\.[\w.]+)':/gm)].map((match) => match[1]);
const ids: string[] = contributes.commands.map((command: { command: string }) => command.command);

describe('the manifest', () => {
  it('offers only commands that the table has', () => {
    expect(ids.filter((id) => !table.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('leaves to links and buttons only what needs their arguments', () => {
    expect(table.filter((id) => !ids.includes(id ?? '')).sort()).toEqual([
      'heatline.copyText',
      'heatline.hotFunctions.more',
      'heatline.installTool',
      'heatline.openLocation',
      'heatline.pickProcess',
      'heatline.showFunction',
      'heatline.showLabel',
    ]);
  });

  it('puts only its own commands into menus', () => {
    const used = Object.values(contributes.menus as Record<string, { command: string }[]>).flatMap((items) =>
      items.map((item) => item.command),
    );
    expect(used.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('has a text for every key, and no text too many', () => {
    const keys = [...read('package.json').matchAll(/"%([^"%]+)%"/g)].map((match) => match[1] ?? '');
    expect(keys.filter((key) => !texts[key])).toEqual([]);
    expect(Object.keys(texts).filter((key) => !keys.includes(key))).toEqual([]);
  });

  it('knows the engines that there are for Python', () => {
    const setting = contributes.configuration.properties['heatline.engine'];
    expect([...setting.enum].sort()).toEqual(
      ['auto', ...engines.filter(({ languages }) => languages.includes('python')).map(({ id }) => id)].sort(),
    );
    expect(setting.markdownEnumDescriptions).toHaveLength(setting.enum.length);
  });

  it('has colours for every theme', () => {
    for (const { id, defaults } of contributes.colors)
      expect(Object.keys(defaults).sort(), id).toEqual(['dark', 'highContrast', 'highContrastLight', 'light']);
  });

  it('opens in the profile editor what the extension calls a profile', () => {
    const listed = (name: string) => new RegExp(`${name} = \\[([^\\]]*)\\]`).exec(read('src/host/profiles.ts'))?.[1]?.match(/[\w.]+/g);
    const endings = listed('PROFILE_ENDINGS');
    const [patterns, others] = contributes.customEditors.map(({ selector }: { selector: { filenamePattern: string }[] }) =>
      selector.map(({ filenamePattern }) => filenamePattern),
    );
    // valgrind's own names end in the number of the process.
    expect(patterns).toEqual([...(endings ?? []).map((ending) => `*.${ending}`), 'callgrind.out.*']);
    // VS Code has an editor for these: it stays the one that opens them.
    expect(others).toEqual(listed('OTHER_ENDINGS')?.map((ending) => `*.${ending}`));
    expect(contributes.customEditors.map(({ priority }: { priority: string }) => priority)).toEqual(['default', 'option']);
  });

  it('describes in launch.json and tasks.json what is read of them', () => {
    const [{ configurationAttributes }] = contributes.debuggers;
    const described: Record<string, { type: string | string[] }> = configurationAttributes.launch.properties;
    expect(contributes.taskDefinitions).toEqual([{ type: 'heatline', properties: described }]);
    const value = { string: 'x', number: 1, boolean: true, object: { A: '1' }, array: ['x'] };
    const whole = Object.entries(described).map(([name, { type }]) => [name, value[[type].flat()[0] as keyof typeof value]]);
    for (const kept of ['program', 'module', 'code', 'command']) {
      const raw = whole.filter(([name]) => name === kept || !['program', 'module', 'code', 'command'].includes(name as string));
      expect(Object.keys(readLaunchSpec(Object.fromEntries(raw), 'linux')).sort()).toEqual(raw.map(([name]) => name).sort());
    }
  });

  it('does not let an untrusted workspace choose what is run', () => {
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain('heatline.python.interpreter');
  });
});
