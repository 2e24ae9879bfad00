import { gzipSync } from 'node:zlib';

const text = (...parts: string[]): Uint8Array => Buffer.from(parts.join(''));

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** A field of a protobuf message whose content is `content`. */
function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(content.length)]), content]);
}

function message(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** pprof with one value type, one function, one location and what else is given. */
function pprof(...more: Uint8Array[]): Uint8Array {
  return message(
    field(1, Buffer.from([0x08, 1, 0x10, 2])),
    field(4, Buffer.from([0x08, 1, 0x22, 4, 0x08, 1, 0x10, 7])),
    field(5, Buffer.from([0x08, 1, 0x10, 3])),
    ...['', 'cpu', 'nanoseconds', 'burn'].map((name) => field(6, Buffer.from(name))),
    ...more,
  );
}

/** 1 GiB of zeros as gzip of about 1 MB: members one after the other are one stream. */
function gzipBomb(start = ''): Uint8Array {
  const member = gzipSync(Buffer.alloc(2 ** 24));
  return Buffer.concat([gzipSync(Buffer.from(start)), ...new Array<Uint8Array>(64).fill(member)]);
}

/** 1 GiB of zeros as zstd of 32 kB: blocks that say "this byte, 128 KiB of it" (RFC 8878, 3.1.1.2.2). */
function zstdBomb(): Uint8Array {
  const block = (last: number) => [...[0, 8, 16].map((shift) => ((((2 ** 17) << 3) | (1 << 1) | last) >> shift) & 0xff), 0];
  const blocks = Array.from({ length: 8191 }, () => block(0)).flat();
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, ...blocks, ...block(1)]);
}

/** A tree of JSON objects so deep, each within the list `children` of the one around it. */
function nested(open: string, close: string, depth: number): Uint8Array {
  return text(open.repeat(depth), close.repeat(depth));
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

/**
 * Whole files that attack: what no change of a good file would make. Each is made when it is asked for.
 * @param million what their names call a million: less, where all of them must be quick
 */
export const hostile = (million: number): Readonly<Record<string, () => Uint8Array>> => ({
  empty: () => new Uint8Array(),
  zeros: () => new Uint8Array(million),
  'gzip bomb': () => gzipBomb(),
  'gzip bomb of stacks': () => gzipBomb('main;work 1\n'),
  'gzip bomb of JSON': () => gzipBomb('{"nodes":['),
  'zstd bomb': zstdBomb,
  'gzip of gzip of gzip of gzip': () => [0, 0, 0, 0].reduce<Uint8Array>((bytes) => gzipSync(bytes), text('a;b 1\n')),
  'arrays a million deep': () => nested('[', ']', million),
  'objects a million deep': () => nested('{"a":', '}', million),
  'open arrays': () => text('['.repeat(million)),
  'a string without an end': () => text('{"$schema":"', 'a'.repeat(5 * million)),
  'a number of a million digits': () => text('{"nodes":[{"id":', '1'.repeat(million), '}]}'),
  'stack a million deep': () => text('a;'.repeat(million), 'b 1\n'),
  'stack a million deep, all frames distinct': () => text(range(million).join(';'), ' 1\n'),
  'a hundred thousand stacks, each a frame deeper than half the last': () =>
    text(...range(million / 500).map((i) => `${range(i + 1).join(';')} 1\n`)),
  'a frame name of 20 MB': () => text('a;', 'b'.repeat(20 * million), ' 1\na;c 2\n'),
  'a line of spaces': () => text(' '.repeat(10 * million), '\na;b 1\n'),
  'many brackets in a frame': () => text(`a;${'('.repeat(200_000)}:1) 1\n`.repeat(3)),
  'pprof stack a million deep': () => pprof(field(2, message(field(1, Buffer.alloc(million, 1)), Buffer.from([0x10, 1])))),
  'pprof without anything but samples': () => field(2, Buffer.from([0x08, 1, 0x10, 1])),
  'pprof of a million empty samples': () => pprof(Buffer.from('1200'.repeat(million), 'hex')),
  'pprof of a hundred thousand value types': () => message(Buffer.from('0a00'.repeat(million / 10), 'hex'), pprof()),
  'pprof of ten thousand value types and a hundred samples of none': () =>
    message(Buffer.from('0a00'.repeat(million / 100), 'hex'), pprof(Buffer.from('12020801'.repeat(100), 'hex'))),
  'marshal a million deep': () => text('['.concat('\x01\0\0\0').repeat(million)),
  'marshal of tuples in tuples': () => text('{', '(\x01\0\0\0'.repeat(million)),
  'marshal that claims 2^31 entries': () => Buffer.from('7b28ffffff7f', 'hex'),
  'pickle of marks': () => message(Buffer.from([0x80, 4]), Buffer.alloc(million, 0x28)),
  'pickle of lists in lists': () =>
    message(Buffer.from([0x80, 4]), Buffer.from('5d94'.repeat(million), 'hex'), Buffer.alloc(million, 0x61)),
  'pickle of a list doubled again and again': () =>
    message(Buffer.from([0x80, 4, 0x5d, 0x94]), Buffer.from('28'.concat('6800'.repeat(2), '6c94').repeat(40), 'hex'), Buffer.from([0x2e])),
  'speedscope with a million open events': () =>
    text(
      '{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"a"}]},"profiles":[{"type":"evented","name":"t","unit":"none","startValue":0,"endValue":1000000,"events":[',
      range(million / 4)
        .map((i) => `{"type":"O","frame":0,"at":${i}}`)
        .join(),
      ']}]}',
    ),
  'speedscope with a stack a million deep': () =>
    text(
      '{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"a"}]},"profiles":[{"type":"sampled","name":"t","unit":"none","startValue":0,"endValue":1,"weights":[1],"samples":[[',
      '0,'.repeat(million),
      '0]]}]}',
    ),
  'cpuprofile whose nodes are their own children': () =>
    text(
      '{"nodes":[{"id":1,"callFrame":{"functionName":"a","scriptId":"1","url":"a.js","lineNumber":1,"columnNumber":1},"hitCount":1,"children":[2]},',
      '{"id":2,"callFrame":{"functionName":"b","scriptId":"1","url":"a.js","lineNumber":2,"columnNumber":1},"hitCount":1,"children":[1,2]}],',
      '"startTime":0,"endTime":10,"samples":[1,2,2],"timeDeltas":[1,1,1]}',
    ),
  'cpuprofile a hundred thousand deep': () =>
    text(
      '{"nodes":[',
      range(million / 10)
        .map(
          (i) =>
            `{"id":${i + 1},"callFrame":{"functionName":"f","scriptId":"1","url":"a.js","lineNumber":1,"columnNumber":1},"hitCount":1,"children":[${i + 2}]}`,
        )
        .join(),
      '],"startTime":0,"endTime":10,"samples":[1,1],"timeDeltas":[1,1]}',
    ),
  'heapprofile deeply nested': () =>
    nested(
      '{"head":{"callFrame":{"functionName":"f","scriptId":"1","url":"a.js","lineNumber":1,"columnNumber":1},"selfSize":1,"children":['.slice(
        8,
      ),
      ']}',
      million / 5,
    ),
  'gecko stacks in a cycle': () =>
    text(
      '{"meta":{"version":24,"interval":1,"startTime":0,"stackwalk":0},"libs":[],"threads":[{"name":"t","pid":1,"tid":1,"stringTable":["a"],',
      '"frameTable":{"schema":{"location":0},"data":[[0]]},"stackTable":{"schema":{"prefix":0,"frame":1},"data":[[1,0],[0,0],[2,0]]},',
      '"samples":{"schema":{"stack":0,"time":1},"data":[[0,1],[1,2],[2,3]]},"markers":{"schema":{},"data":[]}}],"processes":[]}',
    ),
  'processed gecko stacks in a cycle': () =>
    text(
      '{"meta":{"version":24,"interval":1,"startTime":0,"preprocessedProfileVersion":40},"libs":[],"threads":[{"name":"t","pid":1,"tid":1,"stringArray":["a"],',
      '"funcTable":{"length":1,"name":[0],"fileName":[null],"lineNumber":[null],"resource":[-1]},"frameTable":{"length":1,"func":[0],"line":[1]},',
      '"stackTable":{"length":3,"prefix":[1,0,2],"frame":[0,0,0]},"samples":{"length":3,"stack":[0,1,2],"time":[1,2,3]}}]}',
    ),
  'trace of a hundred thousand open events': () =>
    text(
      '{"traceEvents":[',
      range(million / 10)
        .map((i) => `{"name":"f","ph":"B","ts":${i},"pid":1,"tid":1}`)
        .join(),
      ']}',
    ),
  'trace with a thousand threads of events within each other': () =>
    text(
      '[',
      range(million / 20)
        .map((i) => `{"name":"f${i}","ph":"X","ts":${i},"dur":${million / 5 - 2 * i},"pid":1,"tid":${i % 3}}`)
        .join(),
      ']',
    ),
  'callgrind of functions that call each other': () =>
    text(
      'events: Ir\n',
      ...range(million / 4000).map(
        (i) =>
          `fn=(${i}) f${i}\n1 1\n${range(million / 4000)
            .map((j) => `cfn=(${j})\ncalls=1 1\n1 1\n`)
            .join('')}`,
      ),
    ),
  'callgrind with an empty name table': () => text('# callgrind format\nevents: Ir\nfn=(1)\n1 1\ncfn=(99999999999)\ncalls=1 1\n1 1\n'),
  'd3 tree a million deep': () => nested('{"name":"a","value":1,"children":[', ']}', million / 4),
  'pyinstrument tree a hundred thousand deep': () =>
    text(
      '{"start_time":1,"duration":1,"sample_count":1,"target_description":"x","cpu_time":1,"root_frame":',
      '{"function":"f","file_path":"a.py","line":1,"time":1,"await_time":0,"is_application_code":true,"children":['.repeat(million / 10),
      ']}'.repeat(million / 10),
      '}',
    ),
  'perf script of a stack a hundred thousand deep': () =>
    text('python 1 1.000000: 10 cycles:\n', '\t    55d0 f+0x1 (/usr/bin/x)\n'.repeat(million / 10), '\n'),
  'Go heap profile with a stack a hundred thousand deep': () =>
    text('heap profile: 1: 1 [1: 1] @ heap/1048576\n1: 1 [1: 1] @', ' 0x1'.repeat(million / 10), '\n'),
  'austin stacks a hundred thousand deep': () => text('P1;T1', ';a.py:f:1'.repeat(million / 10), ' 10\n'),
  'MOJO of one stack without an end': () => message(text('MOJ\x03'), Buffer.alloc(million, 4)),
  'lines of JSON that are all open': () => text('{"type":"meta"}\n'.repeat(10), '{"a":[\n'.repeat(million / 10)),
});
