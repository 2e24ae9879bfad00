import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Every process below one, children before grandchildren; none on Windows, where signals are none. Never throws. */
export function descendants(pid: number, platform: NodeJS.Platform = process.platform): readonly number[] {
  if (platform === 'win32') return [];
  const children = new Map<number, number[]>();
  for (const [child, parent] of platform === 'linux' ? fromProc() : fromPs()) {
    const known = children.get(parent);
    if (known) known.push(child);
    else children.set(parent, [child]);
  }
  const found: number[] = [];
  for (let next: readonly number[] = [pid]; next.length > 0; ) {
    next = next.flatMap((each) => children.get(each) ?? []).filter((each) => !found.includes(each));
    found.push(...next);
  }
  return found;
}

function fromProc(): [child: number, parent: number][] {
  const pairs: [number, number][] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The command's name stands in brackets and may hold any.
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      pairs.push([Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return pairs;
}

function fromPs(): [child: number, parent: number][] {
  try {
    const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8', timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'] });
    return text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  } catch {
    return [];
  }
}
