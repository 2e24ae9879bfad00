import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FlameFrame } from '../../src/core/model/flame.js';
import { packFrames, unpackFrames } from '../../src/core/model/frameColumns.js';

const text = fc.oneof(fc.constantFrom('', 'a.py', '__proto__', '</script>', '\u202e', 'x'.repeat(10_000)), fc.string({ unit: 'binary' }));
const frame: fc.Arbitrary<FlameFrame> = fc.record({
  func: fc.integer(),
  name: text,
  file: text,
  line: fc.nat(),
  library: fc.boolean(),
  package: text,
});

test('frames come out of their columns as they went in, also through JSON', () => {
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      expect(unpackFrames(JSON.parse(JSON.stringify(packFrames(frames))))).toEqual(frames);
    }),
  );
});

test('a file that many functions share is sent once', () => {
  const frames = Array.from({ length: 1000 }, (_, func) => ({
    func,
    name: 'f',
    file: '/srv/app.py',
    line: 1,
    library: false,
    package: 'app',
  }));
  expect(packFrames(frames).texts).toEqual(['/srv/app.py', 'app']);
});
