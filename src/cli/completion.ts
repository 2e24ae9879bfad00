import type { Command, Option } from 'commander';
import { readProfile } from '../core/formats/index.js';
import { fileSource } from '../core/formats/source.js';
import type { Profile } from '../core/model/profile.js';
import { withStates } from '../core/model/states.js';
import { infoJson } from '../core/report/info.js';
import { topJson } from '../core/report/top.js';
import { writable } from './writer.js';

/** One word that fits, with what it is. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** Tells the shell to offer files too. */
export const FILES: Candidate = { word: ':files', about: '' };

/** Profiles that are larger are not read for a press of the tab key. */
const MAX_READ = 32 << 20;
const MOST_NAMES = 100;
const FILE_OPTIONS = new Set(['--base', '--output', '--source', '--cacert', '--cert', '--key']);

/**
 * What can stand where the cursor is.
 * @param words what was typed before the current word, without `heatline`
 */
export async function complete(program: Command, words: readonly string[], current: string): Promise<Candidate[]> {
  const fitting = (found: readonly Candidate[], prefix = current) =>
    found.filter(({ word }) => word === FILES.word || word.startsWith(prefix));
  const at = words.findIndex((word) => !word.startsWith('-'));
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .map((one) => ({ word: one.name(), about: one.description() }));
  if (at < 0) return fitting(current.startsWith('-') ? optionsOf(program, words) : commands);
  const command = program.commands.find((one) => one.name() === words[at]);
  if (command === undefined) return [];
  if (command.name() === 'help') return words.length === at + 1 ? fitting(commands) : [];
  const given = words.slice(at + 1);
  // After -- it is another program's command line.
  if (given.includes('--')) return [FILES];
  const inline = /^(--[\w-]+)=(.*)$/s.exec(current);
  const before = inline === null ? given.at(-1) : inline[1];
  const option = before === undefined ? undefined : command.options.find(({ long, short }) => long === before || short === before);
  if (option !== undefined && (option.required || option.optional)) {
    const values = await valuesOf(option, positional(command, given));
    if (inline === null) return fitting(values);
    return fitting(values, inline[2]).map(({ word, about }) => ({ word: `${inline[1]}=${word}`, about }));
  }
  if (current.startsWith('-')) return fitting(optionsOf(command, given));
  return fitting(await argumentsOf(command, positional(command, given)));
}

/** Options that were not given yet, or may be given again. */
function optionsOf(command: Command, given: readonly string[]): Candidate[] {
  const again = (option: Option) => /repeatable/.test(option.description);
  return command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => again(option) || !given.some((word) => word === option.long || word === option.short))
    .map((option) => ({ word: option.long ?? option.short!, about: option.description }));
}

/** The words that are arguments, not options or their values. */
function positional(command: Command, given: readonly string[]): string[] {
  const found: string[] = [];
  for (let i = 0; i < given.length; i++) {
    const word = given[i]!;
    if (!word.startsWith('-') || word === '-') found.push(word);
    else if (command.options.some(({ long, short, required }) => required && (long === word || short === word))) i++;
  }
  return found;
}

async function valuesOf(option: Option, args: readonly string[]): Promise<Candidate[]> {
  if (option.argChoices !== undefined) return option.argChoices.map((word) => ({ word, about: '' }));
  const name = option.long ?? '';
  if (FILE_OPTIONS.has(name)) return [FILES];
  if (name === '--format') return writable().map(({ id, label }) => ({ word: id, about: label }));
  if (name === '--engine') {
    const { engines } = await import('../engines/index.js');
    return [{ word: 'auto', about: 'the best that works here' }, ...engines.map(({ id, label }) => ({ word: id, about: label }))];
  }
  if (!['--value', '--thread', '--label', '--label-ignore'].includes(name)) return [];
  const profile = await profileOf(args[0]);
  if (name.startsWith('--label')) {
    const labels = profile === undefined ? [] : infoJson(profile).labels;
    return labels.flatMap(({ key, values }) => values.map((value) => ({ word: `${key}=${value}`, about: '' })));
  }
  if (name === '--thread') return (profile?.threads ?? []).map((word) => ({ word, about: '' }));
  return (profile?.sampleTypes ?? []).map(({ type, unit }) => ({ word: type, about: unit }));
}

async function argumentsOf(command: Command, args: readonly string[]): Promise<Candidate[]> {
  const all = command.registeredArguments;
  const argument = all[Math.min(args.length, all.length - 1)];
  if (argument === undefined || (args.length >= all.length && !argument.variadic)) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map((word) => ({ word, about: '' }));
  if (argument.name() !== 'regexp') return argument.name() === 'url' ? [] : [FILES];
  const profile = await profileOf(args[0]);
  if (profile === undefined) return [];
  const { functions } = topJson(profile, { type: profile.defaultType }, { rows: MOST_NAMES });
  return functions.map(({ name, file }) => ({ word: name.replace(/[*+?^${}()|[\]\\]/g, '\\$&'), about: file }));
}

async function profileOf(file: string | undefined): Promise<Profile | undefined> {
  if (file === undefined || file === '-') return undefined;
  try {
    const source = fileSource(file);
    return source.size > MAX_READ ? undefined : withStates(await readProfile(source));
  } catch {
    return undefined;
  }
}

/** One candidate a line, its description behind a tab. */
export function completionText(found: readonly Candidate[]): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name with a line break would be two candidates
  const flat = (text: string) => text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
  return found.map(({ word, about }) => `${flat(word)}${about === '' ? '' : `\t${flat(about)}`}\n`).join('');
}
