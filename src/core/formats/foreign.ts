import { ReadError } from '../errors.js';

/** What people open by mistake or by hope: first bytes in hexadecimal → one sentence with the next step. */
const BY_BYTES: readonly (readonly [string, string])[] = [
  ['50455246494c45', "This is perf's recording: run 'perf script -i FILE > out.perf' where it was made, and open out.perf."],
  [
    '504b0304',
    "This is a zip archive: unpack it with 'unzip FILE' and open the profile inside (Instruments' .trace: export it with 'xctrace export').",
  ],
  ['4e657474726163', "This is a .NET trace: run 'dotnet-trace convert FILE --format Speedscope' and open the .speedscope.json."],
  ['0408', "This is a Ruby dump, as stackprof writes it: run 'stackprof --json FILE > out.json' and open out.json."],
  ['676d6f6e', "This is gprof's data, which knows no stacks: record with 'perf record -g' and open what 'perf script' prints."],
  ['4a4156412050524f', 'This is a Java heap dump, not a profile.'],
  [
    '04224d18',
    "This looks like a memray recording: make a table of it with 'python -m memray transform csv -o out.csv FILE' and open that.",
  ],
  ['425a68', "This file is packed with bzip2: unpack it with 'bunzip2' and open the result."],
  ['fd377a585a', "This file is packed with xz: unpack it with 'unxz' and open the result."],
  ...['8002', '8003', '8004', '8005'].map(
    (magic) =>
      [magic, "This is a Python pickle, but neither line_profiler's nor tracemalloc's: it may hold code and is not loaded."] as const,
  ),
  ['7f454c46', 'This is a program, not a profile.'],
  ['4d5a', 'This is a program, not a profile.'],
  ['89504e47', 'This is a picture, not a profile.'],
  ['ffd8ff', 'This is a picture, not a profile.'],
  ['25504446', 'This is a document (PDF), not a profile.'],
];

/** The same for text, white space at the start left out. */
const BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [
    /^(<\?xml[^>]*>\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg/i,
    "This is a picture (SVG) of a profile, not its data: record again with 'py-spy record --format raw', 'asprof -o collapsed' or the like.",
  ],
  [
    /^<!doctype html[\s\S]*(?:Produced by <a href='[^']*'>async-profiler<|\blevels = Array\(\d+\))/i,
    "This is async-profiler's flame graph: run 'jfrconv -o collapsed FILE out.collapsed' and open out.collapsed, or record with 'asprof -o jfr'.",
  ],
  [
    /^<!doctype html[^>]*>\s*<html[^>]*>\s*<head>\s*<title>Tree view</i,
    "This is async-profiler's call tree as a web page: record with 'asprof -o collapsed' or '-o jfr' and open that.",
  ],
  [/^<(!doctype html|html)/i, 'This is a web page, not a profile: download the raw profile instead.'],
  [
    /^--- (?:Execution profile ---|\d+ [^\n]*samples?$)/m,
    "This is async-profiler's report to read, which is not all of its data: record with 'asprof -o collapsed' or '-o jfr' and open that.",
  ],
  [/^goroutine \d+ \[/, 'This is a list of goroutines to read (debug=2), not a profile: take it with debug=1, or without debug.'],
  [/^go 1\.\d+ trace/, "This is a Go execution trace, not a profile: open it with 'go tool trace'."],
  [
    /^(?:v8-version,|shared-library,)/,
    "This is the log of 'node --prof': run 'node --prof-process FILE > out.txt' and open out.txt, or record with 'node --cpu-prof'.",
  ],
  [
    /^# To display the perf\.data header info/,
    "This is what 'perf report' prints: open what 'perf script -i perf.data > out.perf' writes instead.",
  ],
  [/^desc: .*\ncmd: .*\ntime_unit: /, "This is Massif's record, which cannot be read: use 'valgrind --tool=dhat' and open dhat.out.PID."],
  [
    /^\{\s*"code":\s*\[\s*\{\s*"name"/,
    "This is what 'node --prof-process --preprocess' writes: leave --preprocess out and open the text, or record with 'node --cpu-prof'.",
  ],
  [/^[[{]/, 'This JSON is not a profile format that can be read.'],
];

/** Bytes that are looked at: web pages say late what they show. */
const HEAD = 4096;

/** The error for content that no format claims: one helpful sentence. */
export function foreign(bytes: Uint8Array): ReadError {
  const head = bytes.subarray(0, HEAD);
  const hex = Array.from(head.subarray(0, 32), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const text = String.fromCharCode(...head).trimStart();
  const known = BY_BYTES.find(([magic]) => hex.startsWith(magic)) ?? BY_TEXT.find(([pattern]) => pattern.test(text));
  if (known !== undefined) return new ReadError('unknown-format', known[1]);
  if (bytes.every((byte) => byte === 0)) return new ReadError('corrupt', 'The file holds nothing but zero bytes.', 0);
  // Python's sampler, for one, writes its header last.
  if (hex.startsWith('0000000000000000'))
    return new ReadError('truncated', 'The file begins with zeros: it was not written to its end.', 0);
  return new ReadError('unknown-format', 'This is not a profile in any format that can be read.');
}
