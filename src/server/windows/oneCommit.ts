import { type LineMap, mapLines } from '../../core/model/lineMap.js';
import type { Profile } from '../../core/model/profile.js';
import type { WindowFacts } from '../../windows/index.js';
import type { FunctionPlace } from '../analysis/queries.js';
import type { CommitSources, Commits } from '../commits/commitSources.js';
import { COMMIT, toldRevisions } from '../commits/toldRevisions.js';
import { pathKey } from '../paths.js';
import { startOf } from './groups.js';

/** Windows of more commits than that are added up as they are. */
const MOST = 20;

/** Windows of each commit (or version, where no commit is told), that which began last at the end; one group where they cannot be told apart. */
export function byCommit(windows: readonly WindowFacts[]): WindowFacts[][] {
  const groups = new Map<string, WindowFacts[]>();
  for (const window of windows) {
    const told = toldRevisions([...Object.entries(window.tags).map(([name, text]) => `${name}=${text}`), `version=${window.version}`]);
    const key = told.commits[0] ?? told.versions[0] ?? '';
    const group = groups.get(key);
    if (group) group.push(window);
    else groups.set(key, [window]);
  }
  if (groups.size < 2 || groups.size > MOST || groups.has('')) return [[...windows]];
  const first = (group: readonly WindowFacts[]) => Math.min(...group.slice(0, 1).map(startOf));
  return [...groups.values()].sort((a, b) => first(a) - first(b));
}

/**
 * Sums of several commits with their lines where they are in the newest: so functions and lines that only moved are one, and the whole
 * tells of one commit. Lines that the newest does not have become unknown ones of their function. Where git cannot tell, all stay as they are.
 * @param sums the newest last
 */
export async function onOneCommit(sums: readonly Profile[], commits: Commits, folders: readonly string[]): Promise<readonly Profile[]> {
  const newest = sums.at(-1)!;
  if (sums.length < 2 || sums.some(({ lineCosts }) => lineCosts.length > 0)) return sums;
  const all = [...new Set(sums.flatMap(filesOf))];
  const definitions = (wanted: readonly string[]) => Promise.resolve(sums.flatMap((sum) => placesIn(sum, wanted)));
  const target = await commits.find(folders, { comments: newest.comments, files: all, definitions });
  if (target === undefined || target.commits.length !== 1) return sums;
  const moved: Profile[] = [];
  for (const sum of sums.slice(0, -1)) {
    const own = { comments: sum.comments, files: filesOf(sum), definitions: async (wanted: readonly string[]) => placesIn(sum, wanted) };
    const sources = await commits.find(folders, own);
    // One that is not known would make the whole unsure.
    if (sources === undefined || sources.commits.length !== 1) return sums;
    moved.push(withLines(sum, sources, target, filesOf(newest)));
  }
  const told = `commit=${target.commits[0]}`;
  const others = (profile: Profile) => profile.comments.filter((comment) => !COMMIT.test(comment));
  return [...moved.map((sum) => ({ ...sum, comments: others(sum) })), { ...newest, comments: [...others(newest), told] }];
}

/** The profile as if the target's commit had run. */
function withLines(profile: Profile, from: CommitSources, to: CommitSources, names: readonly string[]): Profile {
  const { functions, lines, strings } = profile;
  const newNames = new Map(names.flatMap((name) => (to.locate(name) === undefined ? [] : [[pathKey(to.locate(name)!), name] as const])));
  const texts = [...strings];
  const maps = new Map<number, { readonly map: LineMap; readonly file: number } | undefined>();
  for (const file of new Set(functions.file)) {
    const today = from.locate(strings[file] ?? '');
    const [before, after] = today === undefined ? [] : [from.textOf(today), to.textOf(today)];
    if (today === undefined || typeof before !== 'string' || typeof after !== 'string') continue;
    const name = newNames.get(pathKey(today));
    maps.set(file, { map: mapLines(before, after), file: name === undefined || name === strings[file] ? file : texts.push(name) - 1 });
  }
  const mapOf = (func: number) => maps.get(functions.file[func]!)?.map;
  const moved = (line: number, func: number) => (line > 0 ? (mapOf(func)?.now(line) ?? line) : line);
  return {
    ...profile,
    strings: texts,
    functions: {
      ...functions,
      file: functions.file.map((file) => maps.get(file)?.file ?? file),
      startLine: functions.startLine.map(moved),
    },
    lines: {
      ...lines,
      line: lines.line.map((line, i) => moved(line, lines.func[i]!)),
      endLine: lines.endLine?.map((line, i) => moved(line, lines.func[i]!)),
    },
  };
}

function filesOf({ functions, strings }: Profile): string[] {
  return Array.from(new Set(functions.file), (file) => strings[file] ?? '');
}

function placesIn({ functions, strings }: Profile, files: readonly string[]): FunctionPlace[] {
  const wanted = new Set(files);
  const found: FunctionPlace[] = [];
  for (let func = 0; func < functions.length; func++) {
    const file = strings[functions.file[func]!] ?? '';
    if (wanted.has(file))
      found.push({ func, name: strings[functions.name[func]!] ?? '', file, startLine: functions.startLine[func]!, firstSeen: 0 });
  }
  return found;
}
