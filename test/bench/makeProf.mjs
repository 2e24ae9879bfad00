// Makes a .prof file as cProfile writes it (a marshal dict of tuples), random but repeatable.

import { writeFileSync } from 'node:fs';
import { random } from './makePprof.mjs';

/** Python's marshal, as far as such a file needs it: strings are written once and referred to afterwards. */
class Marshal {
  bytes = Buffer.alloc(1 << 16);
  length = 0;
  strings = new Map();

  reserve(more) {
    if (this.length + more <= this.bytes.length) return;
    const wider = Buffer.alloc(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(wider);
    this.bytes = wider;
  }

  byte(char, flag = 0) {
    this.reserve(1);
    this.bytes[this.length++] = char.charCodeAt(0) | flag;
  }

  word(value) {
    this.reserve(4);
    this.length = this.bytes.writeInt32LE(value, this.length);
  }

  integer(value) {
    this.byte('i');
    this.word(value);
  }

  float(value) {
    this.byte('g');
    this.reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  tuple(count) {
    this.byte(')');
    this.reserve(1);
    this.bytes[this.length++] = count;
  }

  string(text) {
    const known = this.strings.get(text);
    if (known !== undefined) {
      this.byte('r');
      this.word(known);
      return;
    }
    this.strings.set(text, this.strings.size);
    this.byte('z', 0x80);
    this.reserve(1 + text.length);
    this.bytes[this.length++] = text.length;
    this.length += this.bytes.write(text, this.length, 'latin1');
  }
}

export function makeProf(path, { functions = 100_000, edges = 500_000, seed = 2 } = {}) {
  const next = random(seed);
  const callers = Array.from({ length: functions }, () => new Map());
  for (let made = 0; made < edges; ) {
    const callee = 1 + Math.floor(next() * (functions - 1));
    const caller = Math.floor(callee * next() ** 2);
    if (callers[callee].has(caller)) continue;
    callers[callee].set(caller, 1 + Math.floor(next() * 50));
    made++;
  }
  const out = new Marshal();
  const key = (func) => {
    out.tuple(3);
    out.string(`/srv/app/package_${func % 61}/module_${Math.floor(func / 20)}.py`);
    out.integer(1 + (func % 20) * 40);
    out.string(`function_${func}`);
  };
  const figures = (calls, self, total) => {
    out.integer(calls);
    out.integer(calls);
    out.float(self);
    out.float(total);
  };
  out.byte('{');
  for (let func = 0; func < functions; func++) {
    key(func);
    out.tuple(5);
    let calls = 0;
    for (const count of callers[func].values()) calls += count;
    const self = next() * 0.01;
    figures(Math.max(1, calls), self, self * (1 + next() * 9));
    out.byte('{');
    for (const [caller, count] of callers[func]) {
      key(caller);
      out.tuple(4);
      figures(count, (self * count) / calls, ((self * count) / calls) * 2);
    }
    out.byte('0');
  }
  out.byte('0');
  writeFileSync(path, out.bytes.subarray(0, out.length));
}
