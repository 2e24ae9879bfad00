import type { BoundsCase } from './case.js';
import { grown, nested, type Part } from './grow.js';

const letters = 'x'.repeat(100_000);
/** Ten calls deep, of a program with a thousand functions. */
const usual = (i: number, join: string, frame: Part): string => {
  let text = '';
  for (let depth = 0; depth < 10; depth++) text += (depth === 0 ? '' : join) + frame((i * 7 + depth * depth * 31) % 1000);
  return text;
};

const PERF = (i: number, rest = ''): string => `till ${100 + (i % 4)} ${1000 + i / 1000}: 1000 cycles: ${rest}\n`;
const HEAP = 'heap profile: 1: 1 [1: 1] @ heap/1048576\n';
const CALLGRIND = '# callgrind format\nevents: Ir\n\n';
const RBSPY = 'rbspy02\n{"sample_rate":50}\n';
const SAMPLE = 'Analysis of sampling till (pid 4711) every 1 millisecond\nCall graph:\n';
const MEMRAY = 'allocator,num_allocations,size,tid,thread_name,stack_trace\n';
const TACHYON = '{"type":"meta","v":0,"run_id":"r","sample_interval_usec":1000,"mode":"wall"}\n';
const tachyonTable = (kind: string, list: string, item: Part, i: number): string =>
  `{"type":"${kind}","run_id":"r","${list}":[${Array.from({ length: 256 }, (_, k) => item(i * 256 + k)).join()}]}\n`;
const rbspyFrame = (name: string): string => `{"name":"${name}","relative_path":"a.rb","absolute_path":"/srv/a.rb","lineno":7}`;

/** Formats of lines. */
export const textCases: readonly BoundsCase[] = [
  ['collapsed', 'plain', () => grown('', (i) => `${usual(i, ';', (f) => `module.function${f}`)} 1\n`)],
  ['collapsed', 'all stacks distinct', () => grown('', (i) => `a;f${i % 50000};g${i % 49999};h${i % 9973} 1\n`)],
  ['collapsed', 'all names distinct', () => grown('', (i) => `f${i} 1\n`)],
  ['collapsed', 'half of the names distinct', () => grown('', (i) => `a;b;c;d;f${i} 1\nlong.enough.name.to.take.room;b;c;d;e 1\n`)],
  ['collapsed', 'one-letter lines', () => grown('', () => 'a 1\n')],
  ['collapsed', 'one stack', () => nested('', 'a;', '', 'b 1\n')],
  ['collapsed', 'one stack, all frames distinct', () => grown('', (i) => `${i};`, 'b 1\n')],
  ['collapsed', 'stacks of 20,000, each shorter', () => grown('', (i) => `${'a;'.repeat(20000 - i)}b 1\n`)],
  ['collapsed', 'one name', () => nested('', 'x', '', ' 1\n')],
  ['collapsed', 'names of 100 kB', () => grown('', (i) => `${letters}${i} 1\n`)],
  ['collapsed', 'all threads distinct', () => grown('', (i) => `thread (0x${i.toString(16)});a 1\n`)],
  ['collapsed', 'all processes distinct', () => grown('', (i) => `process ${i}:"a b";a 1\n`)],
  ['collapsed', 'exact counts of 19 digits', () => grown('', (i) => `a;b ${9_000_000_000}${(100_000_000 + (i % 9e8)).toString()}\n`)],
  ['collapsed', 'no counts', () => grown('a;b 1\n'.repeat(700), () => 'a;b\n')],
  ['pyspy-raw', 'plain', () => grown('', (i) => `${usual(i, ';', (f) => `function${f} (module.py:${f})`)} 1\n`)],
  ['pyspy-raw', 'all lines distinct', () => grown('', (i) => `f (a.py:${i}) 1\n`)],
  ['pyspy-raw', 'all files distinct', () => grown('', (i) => `f (a${i}.py:1) 1\n`)],
  ['pyspy-raw', 'all thread names distinct', () => grown('', (i) => `thread (${i}): worker ${i};f (a.py:1) 1\n`)],
  ['perf-script', 'plain', () => grown('', (i) => `${PERF(i)}${usual(i, '', (f) => `\t    55d${f} function${f}+0x1 (/usr/bin/x)\n`)}\n`)],
  ['perf-script', 'all frames distinct', () => grown('', (i) => `${PERF(i)}\t  ${(i + 4096).toString(16)} f${i}+0x1 (/usr/bin/x)\n\n`)],
  ['perf-script', 'all frames distinct, one stack', () => grown(PERF(0), (i) => `\t${(i + 4096).toString(16)} f${i} (x)\n`, '\n')],
  ['perf-script', 'samples without a stack', () => grown('', (i) => PERF(i, ' 1234 f (x)'))],
  ['perf-script', 'all samples headers', () => grown('', (i) => PERF(i))],
  ['perf-script', 'all threads distinct', () => grown('', (i) => `a ${i} 1.0: 1 c: \n\t12 f (x)\n\n`)],
  ['perf-script', 'all events distinct', () => grown('', (i) => `a 1 1.0: 1 c${i}: \n\t12 f (x)\n\n`)],
  ['perf-script', 'one stack', () => nested(PERF(0), '\t55d0 f (x)\n', '', '\n')],
  ['perf-script', 'inlined frames', () => grown(PERF(0), (i) => `\t55d0 f${i % 1000} (inlined)\n`, '\t55d0 f (x)\n\n')],
  ['perf-script', 'source lines', () => grown('', (i) => `${PERF(i)}\t12 f (x)\n  a.c:${i}\n\n`)],
  [
    'perf-script',
    'mappings',
    () => grown(`${PERF(0)}\t12 f (x)\n\n`, () => 'till 1 1.0: PERF_RECORD_MMAP2 1/1: [0x1(0x1) @ 0 0:0 0 0]: r-xp /x\n'),
  ],
  ['pprof-legacy', 'plain heap', () => grown(HEAP, (i) => `1: 8 [2: 16] @ ${usual(i, ' ', (f) => `0x4${(f + 65536).toString(16)}`)}\n`)],
  [
    'pprof-legacy',
    'plain heap with comments',
    () =>
      grown(
        HEAP,
        (i) =>
          `1: 8 [2: 16] @ 0x${(i % 5000) + 65536} 0x65da0f\n#\t0x${(i % 5000) + 65535}\tmain.f${i % 5000}+0x2f\t/srv/main.go:41\n#\t0x65da0e\tmain.sell+0x32f\t/srv/main.go:41\n\n`,
      ),
  ],
  ['pprof-legacy', 'all addresses distinct', () => grown(HEAP, (i) => `1: 8 [2: 16] @ 0x${(i + 65536).toString(16)}\n`)],
  [
    'pprof-legacy',
    'all functions distinct',
    () => grown(HEAP, (i) => `1: 8 [2: 16] @ 0x${(i + 65537).toString(16)}\n#\t0x${(i + 65536).toString(16)}\tf${i}+0x1\ta.go:1\n\n`),
  ],
  ['pprof-legacy', 'shortest heap', () => grown(HEAP, () => '1: 1 [1: 1] @ 0x1\n')],
  ['pprof-legacy', 'one stack', () => nested(`${HEAP}1: 1 [1: 1] @`, ' 0x1', '', '\n')],
  ['pprof-legacy', 'goroutines', () => grown('goroutine profile: total 1\n', (i) => `1 @ 0x${(i % 999) + 1} 0x2 0x3\n`)],
  [
    'pprof-legacy',
    'mutexes',
    () => grown('--- mutex:\ncycles/second=1000000000\nsampling period=1\n', (i) => `${i + 1} 1 @ 0x${(i % 999) + 1} 0x2\n`),
  ],
  [
    'pprof-legacy',
    'threads',
    () => grown('--- threadz 1 ---\n\n', (i) => `--- Thread ${i.toString(16)} (name: a/${i}) stack: ---\n  0x1 0x2\n`),
  ],
  [
    'pprof-legacy',
    'mappings',
    () =>
      grown(
        `${HEAP}1: 8 [2: 16] @ 0x999999999999\nMAPPED_LIBRARIES:\n`,
        (i) => `${(i + 65536).toString(16)}000-${(i + 65537).toString(16)}000 r-xp 0 0:0 0 /x\n`,
      ),
  ],
  [
    'pprof-legacy',
    'mappings for many addresses',
    () =>
      grown(HEAP, (i) =>
        i < 1e6
          ? `1: 8 [2: 16] @ 0x${(i + 65536).toString(16)}\n`
          : i === 1e6
            ? 'MAPPED_LIBRARIES:\n'
            : `${(i + 65536).toString(16)}000-${(i + 65537).toString(16)}000 r-xp 0 0:0 0 /x\n`,
      ),
  ],
  [
    'callgrind',
    'plain',
    () => grown(CALLGRIND, (i) => `fn=(${i % 20000}) f${i % 20000}\n${i % 90} 100\n+3 5\ncfn=(${(i * 7) % 20000})\ncalls=2 5\n+1 300\n`),
  ],
  ['callgrind', 'all functions distinct', () => grown(CALLGRIND, (i) => `fn=f${i}\n1 1\n`)],
  [
    'callgrind',
    'all functions distinct, 20 events',
    () => grown(`# callgrind format\nevents: ${Array.from({ length: 20 }, (_, i) => `E${i}`).join(' ')}\n`, (i) => `fn=f${i}\n1 1\n`),
  ],
  [
    'callgrind',
    'all edges distinct',
    () => grown(CALLGRIND, (i) => `fn=(${i % 3000}) f\ncfn=(${(i * 7 + Math.floor(i / 3000)) % 3001}) f${i % 50}\ncalls=1 1\n1 1\n`),
  ],
  ['callgrind', 'all lines distinct', () => grown(`${CALLGRIND}fn=f\n`, (i) => `${i + 1} 1\n`)],
  ['callgrind', 'cost lines of one function', () => grown(`${CALLGRIND}fn=f\n`, () => '1 1\n')],
  ['callgrind', 'files named again and again', () => grown(`${CALLGRIND}fn=f\n`, (i) => `fi=(${i % 10}) a${i % 10}\n1 1\n`)],
  ['callgrind', 'parts', () => grown(CALLGRIND, () => 'part: 1\nevents: Ir\nfn=f\n1 1\n')],
  ['callgrind', 'unknown events in each part', () => grown(CALLGRIND, (i) => `events: E${i}\nfn=f\n1 1\n`)],
  [
    'rbspy-raw',
    'plain',
    () =>
      grown(
        RBSPY,
        (i) =>
          `{"trace":[${usual(i, ',', (f) => rbspyFrame(`function${f}`))}],"pid":1,"thread_id":2,"on_cpu":true,"time":{"secs_since_epoch":${i},"nanos_since_epoch":1}}\n`,
      ),
  ],
  ['rbspy-raw', 'all names distinct', () => grown(RBSPY, (i) => `{"trace":[${rbspyFrame(`f${i}`)}]}\n`)],
  ['rbspy-raw', 'shortest samples', () => grown(RBSPY, () => '{"trace":[{}]}\n')],
  ['rbspy-raw', 'shortest samples of version 0', () => grown('rbspy00\n', () => '[{}]\n')],
  ['rbspy-raw', 'all threads distinct', () => grown(RBSPY, (i) => `{"trace":[{}],"thread_id":${i}}\n`)],
  ['rbspy-raw', 'one stack', () => grown(`${RBSPY}{"trace":[{}]}\n{"trace":[`, () => '{},', '{}]}\n')],
  [
    'macos-sample',
    'plain',
    () =>
      grown(
        SAMPLE,
        (i) =>
          `${i === 0 ? '    825 Thread_1   DispatchQueue_1: main  (serial)\n' : ''}    ${'+ ! : | '.slice(0, 2 + 2 * (i % 4))}${20 - (i % 4)} function${i % 5000}  (in till) + 2360  [0x18c0d10e0]\n`,
      ),
  ],
  ['macos-sample', 'all names distinct', () => grown(`${SAMPLE}    9 Thread_1\n`, (i) => `      1 f${i}\n`)],
  ['macos-sample', 'all threads distinct', () => grown(SAMPLE, (i) => `    1 Thread_${i}\n`)],
  ['macos-sample', 'deepest', () => grown(SAMPLE, (i) => `    ${'  '.repeat(i)}1 f\n`)],
  ['macos-sample', 'one-letter calls', () => grown(`${SAMPLE}    9 Thread_1\n`, () => '      1 f\n')],
  [
    'importtime',
    'plain',
    () => grown('', (i) => `import time: ${100 + (i % 900)} | 5000 | ${'  '.repeat(9 - (i % 10))}package.module${i % 2000}\n`),
  ],
  ['importtime', 'all names distinct', () => grown('', (i) => `import time: 1 | 1 | m${i}\n`)],
  [
    'importtime',
    'each below the next',
    () => grown('import time: 1 | 1 | a\n'.repeat(2), (i) => `import time: 1 | 1 | ${'  '.repeat(9999 - (i % 10000))}m\n`),
  ],
  ['importtime', 'all processes distinct', () => grown('', () => 'import time: self [us] |\nimport time: 1 | 1 | m\n')],
  ['importtime', 'what looks like it', () => grown('import time: 1 | 1 | m\n'.repeat(2), () => 'import time: 1\n')],
  ['dtrace', 'plain', () => grown('', (i) => `${usual(i, '', (f) => `              till\`function${f}+0x1d\n`)}                3\n\n`)],
  ['dtrace', 'all names distinct', () => grown('', (i) => ` a\`${i}\n 1\n`)],
  ['dtrace', 'shortest stacks', () => grown(' a`b\n a`b\n 1\n', () => ' 0x1\n 1\n')],
  ['dtrace', 'one stack', () => nested(' a`b\n a`b\n 1\n', ' a`b\n', '', ' 1\n')],
  [
    'austin',
    'plain',
    () =>
      grown('# austin: 3.7.0\n# mode: wall\n\n', (i) => `P1;T0:${i % 4};${usual(i, ';', (f) => `/srv/module.py:function${f}:${f}`)} 100\n`),
  ],
  ['austin', 'all places distinct', () => grown('# austin: 3.7.0\n', (i) => `P1;T1;a.py:f:${i} 1\n`)],
  ['austin', 'all names distinct', () => grown('# austin: 3.7.0\n', (i) => `P1;T1;a:f${i}:1 1\n`)],
  ['austin', 'all threads distinct', () => grown('# austin: 3.7.0\n', (i) => `P${i};T1;a:f:1 1\n`)],
  ['austin', 'shortest samples', () => grown('# austin: 3.7.0\n', () => 'P1;T1 1\n')],
  ['austin', 'shortest samples in full mode', () => grown('# austin: 3.7.0\n# mode: full\n', () => 'P1;T1 1,1,1\n')],
  ['austin', 'one stack', () => nested('# austin: 3.7.0\nP1;T1', ';a:f:1', '', ' 1\n')],
  ['austin', 'Austin 1', () => grown('', (i) => `Process 1;Thread 2;f${i % 1000} (a.py);L${i % 90};g (b.py);L2 100\n`)],
  ['memray-csv', 'plain', () => grown(MEMRAY, (i) => `MALLOC,1,976,1,0x1,${usual(i, '|', (f) => `function${f};/srv/module.py;${f}`)}\n`)],
  ['memray-csv', 'all names distinct', () => grown(MEMRAY, (i) => `M,1,1,1,1,f${i};a;1\n`)],
  ['memray-csv', 'all threads distinct', () => grown(MEMRAY, (i) => `M,1,1,1,${i},f;a;1\n`)],
  ['memray-csv', 'all allocators distinct', () => grown(MEMRAY, (i) => `${i},1,1,1,1,f;a;1\n`)],
  ['memray-csv', 'shortest rows', () => grown(MEMRAY, () => ',1,1,,,\n')],
  ['memray-csv', 'quoted stacks', () => grown(MEMRAY, (i) => `M,1,1,1,1,"f""${i % 100};a;1|g;b;2"\n`)],
  ['memray-csv', 'one stack', () => nested(`${MEMRAY}M,1,1,1,1,`, 'f;a;1|', '', 'f;a;1\n')],
  [
    'tachyon-jsonl',
    'plain',
    () =>
      grown(
        `${TACHYON}${tachyonTable('string_table', 'strings', (i) => `{"str_id":${i},"value":"function${i}"}`, 0)}`,
        (i) =>
          tachyonTable(
            'frame_table',
            'frames',
            (k) => `{"frame_id":${k % 90000},"path_str_id":1,"func_str_id":${k % 256},"line":${k % 5000}}`,
            i,
          ) +
          tachyonTable(
            'agg","kind":"frame","samples_total":9,"x":"',
            'entries',
            (k) => `{"frame_id":${k % 90000},"self":1,"cumulative":2}`,
            i,
          ),
      ),
  ],
  [
    'tachyon-jsonl',
    'all names distinct',
    () => grown(TACHYON, (i) => tachyonTable('string_table', 'strings', (k) => `{"str_id":${k},"value":"f${k}"}`, i)),
  ],
  [
    'tachyon-jsonl',
    'all lines distinct',
    () =>
      grown(`${TACHYON}${tachyonTable('string_table', 'strings', (i) => `{"str_id":${i},"value":"f${i}"}`, 0)}`, (i) =>
        tachyonTable('frame_table', 'frames', (k) => `{"frame_id":${k},"path_str_id":1,"func_str_id":2,"line":${k}}`, i),
      ),
  ],
  [
    'tachyon-jsonl',
    'one-entry records',
    () =>
      grown(
        `${TACHYON}${tachyonTable('string_table', 'strings', (i) => `{"str_id":${i},"value":"f${i}"}`, 0)}`,
        (i) => `{"type":"frame_table","run_id":"r","frames":[{"frame_id":${i % 1000},"path_str_id":1,"func_str_id":2}]}\n`,
      ),
  ],
  ['tachyon-jsonl', 'all runs distinct', () => grown(TACHYON, (i) => `{"type":"meta","v":0,"run_id":"${i}","sample_interval_usec":1}\n`)],
];
