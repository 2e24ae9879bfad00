import { ReadError } from '../../errors.js';
import type { JsonCursor } from './cursor.js';

/** A value in memory; objects are Maps, so that no key (`__proto__`) means anything. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

/** Brackets inside each other; what we read whole (heads, arguments) is flat. */
const MAX_DEPTH = 100;

/**
 * Takes one value whole. For small ones only: what is deeper than 100 or longer than `limit` bytes is left out, and the
 * result is undefined. @throws ReadError as the cursor does
 */
export function jsonValue(json: JsonCursor, limit = 1 << 20): JsonValue | undefined {
  const { at } = json;
  // A look at the brackets first: then nothing is made in vain.
  json.skip();
  const end = json.at;
  if (end - at > limit) return undefined;
  let depth = 0;
  for (let i = at, text = false; i < end; i++) {
    const byte = json.bytes[i]!;
    if (text && byte === 0x5c) i++;
    else if (byte === 0x22) text = !text;
    else if (!text && (byte === 0x5b || byte === 0x7b) && ++depth > MAX_DEPTH) return undefined;
    else if (!text && (byte === 0x5d || byte === 0x7d)) depth--;
  }
  json.at = at;
  return take(json);
}

/** Recursion is bounded by MAX_DEPTH. */
function take(json: JsonCursor): JsonValue {
  switch (json.kind()) {
    case 'string':
      return json.string();
    case 'boolean':
      return json.boolean() ?? null;
    case 'null':
      json.skip();
      return null;
    case 'number':
      return json.number();
    case 'array': {
      const items: JsonValue[] = [];
      if (json.array()) while (json.item()) items.push(take(json));
      return items;
    }
    case 'object': {
      const entries: JsonObject = new Map();
      if (json.object()) {
        while (json.nextKey()) {
          const { key } = json;
          entries.set(key, take(json));
        }
      }
      return entries;
    }
    default:
      throw new ReadError('corrupt', 'The JSON text is damaged.', json.at);
  }
}
