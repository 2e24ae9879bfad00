import { ReadError } from '../../errors.js';
import { JsonCursor } from './cursor.js';

/** What the first bytes of a JSON file say. */
export interface JsonHead {
  readonly root: 'object' | 'array';
  /**
   * Every path seen and its first plain value (undefined for objects, arrays, and what was cut off): keys are joined by dots, an
   * item of an array is `[]`. `{"shared":{"frames":[{"name":"f"}]}}` has `shared`, `shared.frames`, `shared.frames.[]` and
   * `shared.frames.[].name` → 'f'.
   */
  readonly paths: ReadonlyMap<string, string | number | boolean | null | undefined>;
}

const MAX_DEPTH = 8;
const known = new WeakMap<Uint8Array, { head: JsonHead | undefined }>();

/** Looks at the head of a file, which may end anywhere; undefined when this is no JSON object or array. Never throws. */
export function sniffJson(head: Uint8Array): JsonHead | undefined {
  let entry = known.get(head);
  if (entry === undefined) {
    entry = { head: survey(head) };
    known.set(head, entry);
  }
  return entry.head;
}

function survey(head: Uint8Array): JsonHead | undefined {
  const json = new JsonCursor(head);
  const paths = new Map<string, string | number | boolean | null | undefined>();
  let root: JsonHead['root'];
  try {
    const kind = json.kind();
    if (kind !== 'object' && kind !== 'array') return undefined;
    root = kind;
  } catch {
    return undefined;
  }
  try {
    walk(json, paths);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    // Damage in what should be JSON, against a head that is merely cut.
    if (error.code !== 'truncated') return undefined;
  }
  return { root, paths };
}

function walk(json: JsonCursor, paths: Map<string, string | number | boolean | null | undefined>): void {
  const trail: { path: string; array: boolean }[] = [];
  for (let path = ''; ; ) {
    const kind = json.kind();
    if ((kind === 'object' || kind === 'array') && trail.length < MAX_DEPTH) {
      if (path !== '' && !paths.has(path)) paths.set(path, undefined);
      if (kind === 'array') json.array();
      else json.object();
      trail.push({ path: path === '' ? '' : `${path}.`, array: kind === 'array' });
    } else if (!paths.has(path)) {
      paths.set(path, undefined);
      paths.set(path, plain(json, kind));
    } else json.skip();
    // On to the next value, out of as many brackets as end here.
    for (;;) {
      const last = trail.at(-1);
      if (last === undefined) return;
      if (last.array ? json.item() : json.nextKey()) {
        path = `${last.path}${last.array ? '[]' : json.key}`;
        break;
      }
      trail.pop();
    }
  }
}

function plain(json: JsonCursor, kind: string): string | number | boolean | null | undefined {
  if (kind === 'string') return json.string();
  if (kind === 'number') return json.number();
  if (kind === 'boolean') return json.boolean();
  json.skip();
  return kind === 'null' ? null : undefined;
}
