import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { JsonCursor } from '../../src/core/formats/json/cursor.js';
import { sniffJson } from '../../src/core/formats/json/head.js';
import { type JsonValue, jsonValue } from '../../src/core/formats/json/value.js';
import { GrowingFloat64 } from '../../src/core/model/growing.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const cursor = (text: string) => new JsonCursor(bytesOf(text));
const failure = (act: () => unknown): ReadError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ReadError);
    return error as ReadError;
  }
  throw new Error('nothing was thrown');
};

/** What JSON.parse makes of a text, objects as Maps. */
function mapped(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(mapped);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  return new Map(Object.entries(value).map(([key, inner]) => [key, mapped(inner)]));
}

/** JSON texts with all kinds of strings (lone surrogates are escaped by stringify), some with white space. */
const texts = fc
  .tuple(
    fc.jsonValue({ maxDepth: 6, stringUnit: 'binary', noUnicodeString: false } as fc.JsonSharedConstraints),
    fc.constantFrom(0, 1, '\t', ' \r\n '),
  )
  .map(([value, space]) => JSON.stringify(value, undefined, space as number).replaceAll('": ', '" :\n '));

describe('values', () => {
  test('are what JSON.parse makes of them', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const json = cursor(text);
        expect(jsonValue(json)).toEqual(mapped(JSON.parse(text)));
        expect(json.done()).toBe(true);
      }),
    );
  });

  test('of objects with the same keys in any order', () => {
    const keys = fc.constantFrom('a', 'ab', 'abc', '', 'a"', '\\', 'é');
    fc.assert(
      fc.property(fc.array(fc.dictionary(keys, fc.oneof(fc.nat(9), fc.dictionary(keys, fc.nat(9)))), { maxLength: 20 }), (list) => {
        const text = JSON.stringify(list);
        expect(jsonValue(cursor(text))).toEqual(mapped(JSON.parse(text)));
      }),
    );
  });

  test('are skipped exactly', () => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 5 }), (several) => {
        const json = cursor(`[${several.join(' ,')}, 42 ]`);
        let last = 0;
        if (json.array()) {
          for (let i = 0; json.item(); i++) if (i === several.length) last = json.number();
        }
        expect(last).toBe(42);
        expect(json.done()).toBe(true);
      }),
    );
  });

  test('are skipped when they are not of the kind asked for', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom('object', 'array', 'number', 'string', 'boolean', 'id'), (text, ask) => {
        const json = cursor(`{"a":${text},"b":[${text}],"c":7}`);
        let seven = 0;
        const take = () => {
          const before = json.kind();
          const found = json[ask as 'number']() as unknown;
          if (found === true && (before === 'object' || before === 'array')) while (before === 'object' ? json.nextKey() : json.item());
        };
        if (json.object()) {
          while (json.nextKey()) {
            if (json.key === 'a') take();
            else if (json.key === 'b' && json.array()) while (json.item()) take();
            else if (json.key === 'c') seven = json.number();
          }
        }
        expect(seven).toBe(7);
        expect(json.done()).toBe(true);
      }),
    );
  });

  test('end in an error that says where, wherever the text is cut', () => {
    const text = '{"a": [1, 2.5e3, {"b": "c\\u00e9\\n"}, true, null], "d": "x", "e": -17 }';
    for (let length = 0; length < text.length; length++) {
      const error = failure(() => jsonValue(cursor(text.slice(0, length))));
      expect([error.code, error.offset]).toEqual(['truncated', length]);
    }
  });

  test('end in an error or in a value, whatever the bytes', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (text, flips) => {
        const bytes = bytesOf(text);
        for (const [at, byte] of flips) bytes[at % bytes.length] = byte;
        try {
          jsonValue(new JsonCursor(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ReadError);
          expect((error as ReadError).offset).toBeLessThanOrEqual(bytes.length);
        }
      }),
    );
  });

  test('that are too deep or too large are left out, and nothing recurses', () => {
    const deep = 1_000_000;
    const json = cursor(`[${'['.repeat(deep)}${']'.repeat(deep)},${JSON.stringify('x'.repeat(100))},1]`);
    expect(json.array() && json.item()).toBe(true);
    expect(jsonValue(json, 1e9)).toBeUndefined();
    expect(json.item()).toBe(true);
    expect(jsonValue(json, 50)).toBeUndefined();
    expect(json.item()).toBe(true);
    expect(json.number()).toBe(1);
    expect(failure(() => jsonValue(cursor('{"a":'.repeat(deep)))).code).toBe('truncated');
  });

  test('of any key mean nothing to us', () => {
    const value = jsonValue(cursor('{"__proto__": {"a": 1}, "constructor": 2, "a": 1, "a": 3}')) as Map<string, JsonValue>;
    expect([...value.keys()]).toEqual(['__proto__', 'constructor', 'a']);
    expect(value.get('a')).toBe(3);
  });
});

describe('numbers', () => {
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 })).map(([whole, places]) => Number(`${whole}e-${places}`)),
  );

  test('are rounded as JSON.parse does, one by one and in bulk', () => {
    fc.assert(
      fc.property(fc.array(numbers), fc.constantFrom(0, 1), fc.integer({ min: 1, max: 3 }), (list, space, chunk) => {
        const text = JSON.stringify(list, undefined, space);
        const json = cursor(text);
        const single: number[] = [];
        if (json.array()) while (json.item()) single.push(json.number());
        const bulk = new GrowingFloat64();
        const again = cursor(text);
        if (again.array()) while (again.numbers(bulk, chunk));
        expect(single).toEqual(JSON.parse(text));
        expect([...bulk.done()]).toEqual(single);
        expect(again.done()).toBe(true);
      }),
    );
  });

  test('in other spellings', () => {
    for (const text of ['1E5', '1e+2', '0.1e-7', '-0', '123456789012345678', '0.30000000000000004', '1.0000000000000002220446', '5e-324']) {
      expect(cursor(`${text} `).number(), text).toBe(Number(text));
      expect(cursor(text).number(), text).toBe(Number(text));
    }
    expect(cursor('NaN').number()).toBeNaN();
    expect(cursor('Infinity').number()).toBe(Number.POSITIVE_INFINITY);
    expect(cursor('-Infinity').number()).toBe(Number.NEGATIVE_INFINITY);
  });

  test('in bulk are NaN where there is none', () => {
    const into = new GrowingFloat64();
    const json = cursor('[1,null,"2",[3],4.5,{"a":[5]},6]');
    if (json.array()) while (json.numbers(into, 2));
    expect([...into.done()]).toEqual([1, Number.NaN, Number.NaN, Number.NaN, 4.5, Number.NaN, 6]);
    expect(json.done()).toBe(true);
  });
});

describe('strings', () => {
  test('that are equal get one number, however often they come', () => {
    const seen: string[] = [];
    const json = cursor('["é","\\u00e9x","é",7,"\\ud800","a\\"b","a\\"b"]');
    const table = json.table((text) => seen.push(text) - 1);
    const found: number[] = [];
    if (json.array()) while (json.item()) found.push(json.interned(table));
    expect(found).toEqual([0, 1, 0, -1, 2, 3, 3]);
    expect(seen).toEqual(['é', 'éx', '\ud800', 'a"b']);
  });

  test('keep what JSON does not allow', () => {
    expect(cursor('"a\tb\\qc\\u12"').string()).toBe('a\tbqcu12');
  });

  test('are ids too', () => {
    const json = cursor('["a", 12, -1.5, null, [1]]');
    const found: unknown[] = [];
    if (json.array()) while (json.item()) found.push(json.id());
    expect(found).toEqual(['a', '12', '-1.5', undefined, undefined]);
  });
});

describe('texts', () => {
  test('in other encodings read alike', () => {
    const text = '{"é":[1,"\u{1f525}"]}';
    const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), wide, Buffer.from(wide).swap16()]) {
      expect(jsonValue(new JsonCursor(bytes))).toEqual(new Map([['é', [1, '\u{1f525}']]]));
      expect([...(sniffJson(bytes)?.paths.keys() ?? [])]).toEqual(['é', 'é.[]']);
    }
  });

  test('with a mark keep the offsets of the file', () => {
    expect(failure(() => jsonValue(new JsonCursor(Buffer.from('\ufeff[1 2]')))).offset).toBe(6);
  });

  test('may follow each other', () => {
    const json = cursor('{"a":1}\n{"a":2}\n');
    const found: number[] = [];
    while (!json.done()) if (json.object()) while (json.nextKey()) found.push(json.number());
    expect(found).toEqual([1, 2]);
  });

  test('may have a comma too many', () => {
    expect(jsonValue(cursor('{"a":[1,2,],}'))).toEqual(new Map([['a', [1, 2]]]));
  });

  test('let others run and can be stopped', async () => {
    const stop = new AbortController();
    const bytes = bytesOf(`[${'1234567,'.repeat(3_000_000)}0]`);
    const seen: number[] = [];
    const json = new JsonCursor(bytes, {
      signal: stop.signal,
      progress: (share) => void (seen.push(share) === 2 && stop.abort(new Error('enough'))),
    });
    const count = async () => {
      if (json.array()) while (json.item()) if (json.due) await json.pause();
    };
    await expect(count()).rejects.toThrow('enough');
    expect(seen).toHaveLength(2);
    expect(seen[1]).toBeGreaterThan(seen[0]!);
  });
});

describe('sniffJson', () => {
  test('gives paths and first values, of a head that is cut anywhere', () => {
    const text = '{"$schema":"here","shared":{"frames":[{"name":"f","line":3},{"name":"g"}]},"profiles":[{"ok":true,"none":null}]}';
    const whole = sniffJson(bytesOf(text))!;
    expect(whole.root).toBe('object');
    expect([...whole.paths]).toEqual([
      ['$schema', 'here'],
      ['shared', undefined],
      ['shared.frames', undefined],
      ['shared.frames.[]', undefined],
      ['shared.frames.[].name', 'f'],
      ['shared.frames.[].line', 3],
      ['profiles', undefined],
      ['profiles.[]', undefined],
      ['profiles.[].ok', true],
      ['profiles.[].none', null],
    ]);
    for (let length = 1; length < text.length; length++) {
      const cut = sniffJson(bytesOf(text.slice(0, length)))!;
      for (const [path, value] of cut.paths) if (value !== undefined) expect(value, `${path} of ${length}`).toBe(whole.paths.get(path));
    }
  });

  test('takes nothing else for JSON', () => {
    for (const text of ['', '   ', '17', '"a"', 'main;a;b 12\n', '{ not json }', 'null'])
      expect(sniffJson(bytesOf(text)), text).toBeUndefined();
    expect(sniffJson(new Uint8Array(4096))).toBeUndefined();
    expect(sniffJson(bytesOf('[{"ph":"X"'))?.paths.get('[].ph')).toBe('X');
  });
});
