import type { Mutation } from './mutations.js';
import type { Random } from './random.js';

/** Numbers that have broken readers. */
const NUMBERS = [
  '-1',
  '0',
  '-0',
  '1',
  '4294967295',
  '4294967296',
  '2147483647',
  '2147483648',
  '-2147483649',
  '9007199254740993',
  '9223372036854775807',
  '18446744073709551616',
  '-9223372036854775809',
  '1e308',
  '-1e308',
  '1e309',
  '1e-320',
  '0.1',
  'NaN',
  'Infinity',
  '0x10',
  '1e',
  '00012',
  '99999999999999999999999999999999999999999999999999',
  '1'.repeat(400),
];

/** Names that have broken programs: as bytes, and as JSON escapes. */
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '</script><script>alert(1)</script>',
  '\u202e\u2066evil\u2069',
  '\\ud800',
  '\\udc00\\ud800',
  '\\u0000',
  '\0',
  '\\',
  '"',
  ';',
  ' ',
  '',
  '\t',
  '\r\n',
  '\u2028',
  '\ufeff',
  '%s%n',
  '../../../etc/passwd',
  'a'.repeat(70_000),
  '🔥'.repeat(50),
].map((name) => Buffer.from(name).toString('latin1'));
/** A lone surrogate in UTF-8, an overlong slash, and bytes that are no UTF-8. */
NAMES.push('\xed\xa0\x80', '\xc0\xaf', '\xff\xfe');

/** JSON values to put where others were. */
const VALUES = [
  'null',
  'true',
  'false',
  '-1',
  '0',
  '1e308',
  '""',
  '"x"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '[{}]',
  '{"a":1}',
  '4294967296',
  '"__proto__"',
];

const text = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
const bytesOf = (changed: string): Uint8Array => Buffer.from(changed, 'latin1');

/** Replaces some of what a pattern finds, near a random place (all finds of a large file would take long). */
function replaceSome(bytes: Uint8Array, random: Random, pattern: RegExp, put: (found: string) => string): Uint8Array {
  const whole = text(bytes);
  const from = random.chance(0.3) ? 0 : random.below(whole.length);
  const many = random.chance(0.15);
  let left = many ? 200 : 1 + random.below(3);
  const skip = random.below(8);
  let seen = 0;
  const rest = whole.slice(from).replace(pattern, (found) => {
    if (seen++ < skip || left-- <= 0) return found;
    return put(found);
  });
  return bytesOf(whole.slice(0, from) + rest);
}

/** Where the bracket at `start` closes, +1; strings are stepped over. */
function closing(whole: string, start: number): number {
  let depth = 0;
  for (let at = start; at < whole.length; at++) {
    const char = whole[at];
    if (char === '"') {
      for (at++; at < whole.length && whole[at] !== '"'; at++) if (whole[at] === '\\') at++;
    } else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return whole.length;
}

/** Start and end of a random object or array; the same twice if there is none. */
function bracket(whole: string, random: Random): [number, number] {
  const from = random.below(whole.length);
  const found = whole.slice(from).search(/[[{]/);
  if (found < 0) return [0, 0];
  return [from + found, closing(whole, from + found)];
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

/** Changes of text, line by line, and of JSON, value by value; on other bytes they do what they do. */
export const mutateText: Readonly<Record<string, Mutation>> = {
  number: (bytes, random) => replaceSome(bytes, random, /-?\d+(?:\.\d+)?/g, () => random.pick(NUMBERS)),
  numberNear: (bytes, random) =>
    replaceSome(bytes, random, /\d+/g, (found) => String(Number(found.slice(0, 15)) + random.pick([-1, 1, 10, -10, 1000]))),
  name: (bytes, random) => replaceSome(bytes, random, /[A-Za-z_]{3,}/g, () => random.pick(NAMES)),
  /** Cycles and wrong references: a number becomes another one of the same file. */
  reference: (bytes, random) => {
    const known = text(bytes).slice(0, 100_000).match(/\d+/g) ?? ['0'];
    return replaceSome(bytes, random, /\d+/g, () => random.pick(known));
  },
  swapLines: (bytes, random) => {
    const lines = text(bytes).split('\n');
    for (let i = 1 + random.below(5); i > 0; i--) {
      const a = random.below(lines.length);
      const b = random.below(lines.length);
      [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    }
    return bytesOf(lines.join('\n'));
  },
  dropLines: (bytes, random) => {
    const lines = text(bytes).split('\n');
    lines.splice(random.below(lines.length), random.chance(0.7) ? 1 : random.below(lines.length));
    return bytesOf(lines.join('\n'));
  },
  repeatLines: (bytes, random) => {
    const lines = text(bytes).split('\n');
    const at = random.below(lines.length);
    const some = lines.slice(at, at + 1 + random.below(20));
    for (let i = random.pick([1, 2, 50]); i > 0; i--) lines.splice(at, 0, ...some);
    return bytesOf(lines.join('\n').slice(0, 2_000_000));
  },
  splitLine: (bytes, random) => replaceSome(bytes, random, /[ ,;:]/g, () => '\n'),
  separator: (bytes, random) => replaceSome(bytes, random, /[;:,()[\]{}= \t]/g, () => random.pick([...';:,()[]{}= \t"\n|'])),
  value: (bytes, random) => replaceSome(bytes, random, TOKEN, () => random.pick(VALUES)),
  valueOfOther: (bytes, random) => {
    const known = text(bytes).slice(0, 50_000).match(TOKEN) ?? ['0'];
    return replaceSome(bytes, random, TOKEN, () => random.pick(known));
  },
  bracketGone: (bytes, random) => {
    const whole = text(bytes);
    const [start, end] = bracket(whole, random);
    return bytesOf(whole.slice(0, start) + random.pick(VALUES) + whole.slice(end));
  },
  bracketMoved: (bytes, random) => {
    const whole = text(bytes);
    const [start, end] = bracket(whole, random);
    const [otherStart, otherEnd] = bracket(whole, random);
    return bytesOf(whole.slice(0, start) + whole.slice(otherStart, otherEnd) + whole.slice(end));
  },
  bracketNested: (bytes, random) => {
    const whole = text(bytes);
    const [start, end] = bracket(whole, random);
    const depth = random.pick([1, 100, 5000]);
    return bytesOf(whole.slice(0, start) + '['.repeat(depth) + whole.slice(start, end) + ']'.repeat(depth) + whole.slice(end));
  },
  /** `"key": value,` goes away, or comes twice. */
  member: (bytes, random) => {
    const twice = random.chance(0.3);
    return replaceSome(bytes, random, /"[^"\\]*"\s*:\s*(?:"[^"\\]*"|-?[\d.]+|null|true|false|\[[^[\]]*\])\s*,?/g, (found) =>
      twice ? `${found.replace(/,?$/, ',')}${found}` : '',
    );
  },
};
