import type { BoundsCase } from './case.js';
import { grown, listed, nested, type Part } from './grow.js';

const SPEEDSCOPE = '{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":';
const speedscopeFrames = `[${Array.from({ length: 1000 }, (_, i) => `{"name":"function${i}","file":"a.py","line":${i}}`).join()}]`;
const sampled = (name: string, samples: string, weights = '[1]') =>
  `{"type":"sampled","name":"${name}","unit":"none","startValue":0,"endValue":1,"weights":${weights},"samples":${samples}`;
const EVENTED = `${SPEEDSCOPE}${speedscopeFrames}},"profiles":[{"type":"evented","name":"t","unit":"none","startValue":0,"endValue":100000000,"events":`;
const callFrame = (name: string, line = 1) =>
  `"callFrame":{"functionName":"${name}","scriptId":"1","url":"a.js","lineNumber":${line},"columnNumber":1}`;
const frameOf = (i: number) =>
  `{"id":${i + 1},${callFrame(`function${i % 1000}`, i % 900)},"hitCount":1${i % 10 === 9 ? '' : `,"children":[${i + 2}]`}}`;
const GECKO = '{"meta":{"version":24,"interval":1,"startTime":0,"stackwalk":0},"libs":[],"threads":[';
const geckoThread = (strings: string, frames: string, stacks: string, samples: string) =>
  `{"name":"t","pid":1,"tid":1,"stringTable":${strings},"frameTable":{"schema":{"location":0},"data":${frames}},"stackTable":{"schema":{"prefix":0,"frame":1},"data":${stacks}},"samples":{"schema":{"stack":0,"time":1},"data":${samples}`;
const PROCESSED =
  '{"meta":{"version":24,"interval":1,"startTime":0,"preprocessedProfileVersion":40},"libs":[],"threads":[{"name":"t","pid":1,"tid":1,';
const STACKPROF = '{"version":1.2,"mode":"cpu","interval":2000,"samples":70,"gc_samples":6,"missed_samples":0,"metadata":{},';
const DHAT = '{"dhatFileVersion":2,"mode":"heap","verb":"Allocated","bklt":true,"bkacc":false,"tu":"instrs","te":871,';
const SCALENE = '{"alloc_samples":0,"elapsed_time_sec":3.5,"files":{';
const PYINSTRUMENT = '{"start_time":1,"duration":1,"sample_count":1,"target_description":"x","cpu_time":1,"root_frame":';
const pyFrame = (name: string) =>
  `{"function":"${name}","file_path":"a.py","line_no":1,"time":0.1,"await_time":0,"is_application_code":true,"children":[`;
const spread = (count: number, item: Part): string => Array.from({ length: count }, (_, i) => item(i)).join();

/** Formats in JSON. */
export const jsonCases: readonly BoundsCase[] = [
  [
    'speedscope',
    'plain',
    () =>
      listed(
        `${SPEEDSCOPE}${speedscopeFrames}},"profiles":[${sampled('t', '')}`,
        (i) => `[${spread(20, (d) => String((i * 7 + d * d) % 1000))}]`,
        '}]}',
      ),
  ],
  [
    'speedscope',
    'plain events',
    () => listed(EVENTED, (i) => `{"type":"O","frame":${i % 1000},"at":${i}},{"type":"C","frame":${i % 1000},"at":${i + 1}}`, '}]}'),
  ],
  ['speedscope', 'all frames distinct', () => listed(SPEEDSCOPE, (i) => `{"name":"f${i}"}`, `},"profiles":[${sampled('t', '[[1]]')}}]}`)],
  [
    'speedscope',
    'all lines distinct',
    () => listed(SPEEDSCOPE, (i) => `{"name":"f","line":${i}}`, `},"profiles":[${sampled('t', '[[1]]')}}]}`),
  ],
  ['speedscope', 'all keys distinct', () => listed(SPEEDSCOPE, (i) => `{"k${i}":1}`, `},"profiles":[${sampled('t', '[[1]]')}}]}`)],
  ['speedscope', 'shortest samples', () => listed(`${SPEEDSCOPE}${speedscopeFrames}},"profiles":[${sampled('t', '')}`, () => '[1]', '}]}')],
  ['speedscope', 'one stack', () => listed(`${SPEEDSCOPE}${speedscopeFrames}},"profiles":[${sampled('t', '[')}`, () => '7', ']}]}')],
  ['speedscope', 'all events open', () => listed(EVENTED, (i) => `{"type":"O","frame":7,"at":${i}}`, '}]}')],
  [
    'speedscope',
    'many profiles',
    () => listed(`${SPEEDSCOPE}${speedscopeFrames}},"profiles":`, (i) => `${sampled(`t${i}`, '[[1,2]]')}}`, '}'),
  ],
  [
    'speedscope',
    'many units',
    () => listed(`${SPEEDSCOPE}${speedscopeFrames}},"profiles":`, (i) => `${sampled(`t${i}`, '[[1,2]]').replace('none', `u${i}`)}}`, '}'),
  ],
  [
    'cpuprofile',
    'plain',
    () =>
      listed(
        `{"nodes":[${spread(20000, frameOf)}],"startTime":0,"endTime":10,"timeDeltas":[${spread(1000, () => '100')}],"samples":`,
        (i) => String(1 + ((i * 7) % 19999)),
        '}',
      ),
  ],
  [
    'cpuprofile',
    'all functions distinct',
    () =>
      listed(
        '{"nodes":',
        (i) => `{"id":${i + 1},${callFrame(`f${i}`)},"hitCount":1}`,
        ',"startTime":0,"endTime":10,"samples":[1,2],"timeDeltas":[1,1]}',
      ),
  ],
  [
    'cpuprofile',
    'deepest',
    () =>
      listed(
        '{"nodes":',
        (i) => `{"id":${i + 1},${callFrame('f')},"children":[${i + 2}]}`,
        ',"startTime":0,"endTime":10,"samples":[1,2],"timeDeltas":[1,1]}',
      ),
  ],
  ['cpuprofile', 'shortest samples', () => listed(`{"nodes":[${frameOf(0)}],"samples":`, () => '1', '}')],
  [
    'cpuprofile',
    'shortest nodes',
    () => listed(`{"nodes":[${frameOf(9)},`.slice(0, -1).concat('],"samples":[1],"timeDeltas":[1],"nodes":'), (i) => `{"id":${i}}`, '}'),
  ],
  [
    'cpuprofile',
    'ticks of lines',
    () =>
      listed(
        `{"nodes":[${frameOf(0).slice(0, -1)},"positionTicks":`,
        (i) => `{"line":${i},"ticks":1}`,
        '}],"samples":[1],"timeDeltas":[1]}',
      ),
  ],
  [
    'heapprofile',
    'plain',
    () =>
      listed(
        `{"head":{${callFrame('(root)')},"selfSize":0,"children":`,
        (i) => `{${callFrame(`function${i % 1000}`, i % 900)},"selfSize":8,"id":${i},"children":[]}`,
        '}}',
      ),
  ],
  [
    'heapprofile',
    'all functions distinct',
    () => listed(`{"head":{${callFrame('(root)')},"selfSize":0,"children":`, (i) => `{${callFrame(`f${i}`)},"selfSize":8}`, '}}'),
  ],
  [
    'heapprofile',
    'deepest',
    () => nested(`{"head":{${callFrame('(root)')},"selfSize":1,"children":[`, '{"selfSize":1,"children":[', ']}', ']}}'),
  ],
  ['heapprofile', 'shortest nodes', () => listed(`{"head":{${callFrame('(root)')},"selfSize":0,"children":`, () => '{"selfSize":1}', '}}')],
  [
    'chrome-trace',
    'plain',
    () => listed('', (i) => `{"name":"function${i % 1000}","cat":"c","ph":"X","ts":${i * 10},"dur":${i % 10},"pid":1,"tid":${i % 4}}`, ''),
  ],
  ['chrome-trace', 'all names distinct', () => listed('', (i) => `{"name":"f${i}","ph":"X","ts":${i},"dur":1,"pid":1,"tid":1}`, '')],
  ['chrome-trace', 'all threads distinct', () => listed('', (i) => `{"name":"f","ph":"X","ts":1,"dur":1,"pid":1,"tid":${i}}`, '')],
  ['chrome-trace', 'all within each other', () => listed('', (i) => `{"name":"f","ph":"X","ts":${i},"dur":${9e7 - 2 * i}}`, '')],
  ['chrome-trace', 'all open', () => listed('', (i) => `{"name":"f","ph":"B","ts":${i}}`, '')],
  ['chrome-trace', 'begin and end', () => listed('', (i) => `{"name":"f${i % 99}","ph":"B","ts":${i}},{"ph":"E","ts":${i}}`, '')],
  ['chrome-trace', 'backwards in time', () => listed('', (i) => `{"name":"f","ph":"X","ts":${9e7 - i},"dur":2}`, '')],
  ['chrome-trace', 'shortest events', () => listed('[', () => '{"ph":"X","ts":1,"name":"f"}', '').subarray(1)],
  ['chrome-trace', 'all keys distinct', () => listed('', (i) => (i === 0 ? '{"name":"f","ph":"X","ts":1,"dur":1}' : `{"a${i}":1}`), '')],
  [
    'chrome-trace',
    'thread names',
    () =>
      listed(
        '',
        (i) => (i === 0 ? '{"name":"f","ph":"X","ts":1,"dur":1}' : `{"ph":"M","name":"thread_name","tid":${i},"args":{"name":"t${i}"}}`),
        '',
      ),
  ],
  [
    'chrome-trace',
    'CPU profiles',
    () =>
      listed(
        '{"traceEvents":',
        (i) =>
          `{"name":"ProfileChunk","ph":"P","pid":1,"tid":1,"id":"${i}","args":{"data":{"cpuProfile":{"nodes":[{"id":1,"callFrame":{"functionName":"f"}}],"samples":[1]},"timeDeltas":[1]}}}`,
        '}',
      ),
  ],
  [
    'firefox',
    'plain',
    () =>
      listed(
        `${GECKO}${geckoThread(`[${spread(1000, (i) => `"function${i}"`)}]`, `[${spread(1000, (i) => `[${i}]`)}]`, `[${spread(1000, (i) => `[${i === 0 ? 'null' : i - 1},${i}]`)}]`, '')}`,
        (i) => `[${i % 1000},${i}.5]`,
        '}}]}',
      ),
  ],
  [
    'firefox',
    'all names distinct',
    () =>
      listed(
        `${GECKO}${geckoThread('', '[[0]]', '[[null,0]]', '[[0,1]]}').replace('"stringTable":,', '')},"stringTable":`.replace('}},', '},'),
        (i) => `"f${i}"`,
        '}]}',
      ),
  ],
  [
    'firefox',
    'all frames distinct',
    () =>
      listed(
        `${GECKO}${geckoThread(`[${spread(1000, (i) => `"f${i}"`)}]`, '', '[[null,0]]', '[[0,1]]}')
          .replace('"data":}', '"data":[]}')
          .replace('"frameTable"', '"x"')},"frameTable":{"schema":{"location":0,"line":1},"data":`,
        (i) => `[${i % 1000},${i}]`,
        '}}]}',
      ),
  ],
  [
    'firefox',
    'deepest',
    () =>
      listed(
        `${GECKO}{"name":"t","stringTable":["f"],"frameTable":{"schema":{"location":0},"data":[[0]]},"samples":{"schema":{"stack":0,"time":1},"data":[[9999,1]]},"stackTable":{"schema":{"prefix":0,"frame":1},"data":`,
        (i) => (i === 0 ? '[null,0]' : `[${i - 1},0]`),
        '}}]}',
      ),
  ],
  [
    'firefox',
    'shortest samples',
    () =>
      listed(
        `${PROCESSED}"stringArray":["a"],"funcTable":{"length":1,"name":[0]},"frameTable":{"length":1,"func":[0]},"stackTable":{"length":1,"prefix":[null],"frame":[0]},"samples":{"stack":`,
        () => '0',
        '}}]}',
      ),
  ],
  [
    'firefox',
    'many threads',
    () => listed(GECKO.slice(0, -1), (i) => `{"name":"t${i}","pid":${i},"tid":${i},"samples":{"schema":{"stack":0},"data":[]}}`, '}'),
  ],
  [
    'stackprof',
    'plain',
    () =>
      listed(
        `${STACKPROF}"frames":{${spread(1000, (i) => `"${i + 1}":{"name":"function${i}","file":"a.rb","line":${i},"total_samples":3,"samples":3}`)}},"raw":`,
        (i) => `5,${1 + (i % 1000)},${1 + ((i * 7) % 1000)},3,2,1,1`,
        '}',
      ),
  ],
  [
    'stackprof',
    'all methods distinct',
    () => grown(`${STACKPROF}"frames":{"1":{"name":"a"}`, (i) => `,"${i + 2}":{"name":"f${i}","samples":1}`, '}}'),
  ],
  ['stackprof', 'shortest methods', () => grown(`${STACKPROF}"frames":{"1":{"name":"a","samples":1}`, (i) => `,"${i}":{}`, '}}')],
  [
    'stackprof',
    'lines of one method',
    () => grown(`${STACKPROF}"frames":{"1":{"name":"a","samples":1,"lines":{"1":[1,1]`, (i) => `,"${i + 2}":[1,1]`, '}}}}'),
  ],
  ['stackprof', 'shortest stacks', () => listed(`${STACKPROF}"frames":{"1":{"name":"a"}},"raw":`, () => '1,1,1', '}')],
  [
    'stackprof',
    'one stack',
    () =>
      listed(
        `${STACKPROF}"frames":{"1":{"name":"a"}},"raw":[1,1,1,40000000,`.slice(0, -1).concat('],"raw":'),
        (i) => (i === 0 ? '49000000' : '1'),
        '}',
      ),
  ],
  [
    'dhat',
    'plain',
    () =>
      listed(
        `${DHAT}"ftbl":["[root]",${spread(1000, (i) => `"0x1091D3: function${i} (heap.c:${i})"`)}],"pps":`,
        (i) => `{"tb":8,"tbk":1,"gb":1,"gbk":1,"eb":0,"ebk":0,"fs":[${spread(10, (d) => String(1 + ((i * 7 + d * 31) % 1000)))}]}`,
        '}',
      ),
  ],
  ['dhat', 'all names distinct', () => listed(`${DHAT}"pps":[{"tb":8,"tbk":1,"fs":[1]}],"ftbl":`, (i) => `"0x1: f${i}"`, '}')],
  [
    'dhat',
    'all stacks distinct',
    () =>
      listed(
        `${DHAT}"ftbl":["[root]",${spread(1000, (i) => `"0x1: f${i}"`)}],"pps":`,
        (i) => `{"tb":8,"fs":[${i % 1000},${Math.floor(i / 1000) % 1000},1]}`,
        '}',
      ),
  ],
  ['dhat', 'shortest points', () => listed(`${DHAT}"ftbl":["[root]","0x1: f"],"pps":`, () => '{}', '}')],
  ['dhat', 'one stack', () => listed(`${DHAT}"ftbl":["[root]","0x1: f"],"pps":[{"tb":1,"fs":`, () => '1', '}]}')],
  [
    'd3-flame-graph',
    'plain',
    () =>
      listed(
        '{"name":"root","value":100000000,"children":',
        (i) => `{"name":"function${i % 1000}","value":3,"children":[{"name":"function${(i * 7) % 1000}","value":2}]}`,
        '}',
      ),
  ],
  [
    'd3-flame-graph',
    'all names distinct',
    () => listed('{"name":"root","value":100000000,"children":', (i) => `{"name":"f${i}","value":1}`, '}'),
  ],
  ['d3-flame-graph', 'deepest', () => nested('{"name":"root","value":1,"children":[', '{"n":"a","v":1,"c":[', ']}', ']}')],
  ['d3-flame-graph', 'shortest nodes', () => listed('{"n":"root","v":100000000,"c":', () => '{"v":1}', '}')],
  ['d3-flame-graph', 'empty nodes', () => listed('{"n":"root","v":1,"c":[{"n":"a","v":1}],"c":', () => '{}', '}')],
  [
    'scalene',
    'plain',
    () =>
      listed(
        `${SCALENE}"/srv/a.py":{"functions":[{"line":"f","lineno":1}],"lines":`,
        (i) =>
          `{"line":"    x = ${i}\\n","lineno":${i % 9000},"n_cpu_percent_c":0.1,"n_cpu_percent_python":0.2,"n_sys_percent":0,"n_copy_mb_s":0,"n_malloc_mb":0,"start_function_line":1}`,
        '}}}',
      ),
  ],
  ['scalene', 'all lines distinct', () => listed(`${SCALENE}"/srv/a.py":{"lines":`, (i) => `{"lineno":${i},"n_cpu_percent_c":1}`, '}}}')],
  [
    'scalene',
    'all functions distinct',
    () => listed(`${SCALENE}"/srv/a.py":{"functions":`, (i) => `{"line":"f${i}","lineno":${i}}`, '}}}'),
  ],
  ['scalene', 'all files distinct', () => grown(`${SCALENE}"a":{}`, (i) => `,"f${i}":{"lines":[{"lineno":1,"n_cpu_percent_c":1}]}`, '}}')],
  ['scalene', 'shortest lines', () => listed(`${SCALENE}"/srv/a.py":{"lines":`, () => '{}', '}}}')],
  [
    'pyisession',
    'plain',
    () =>
      listed(
        '{"start_time":1,"duration":1,"sample_count":58,"start_call_stack":[],"frame_records":',
        (i) => `[[${spread(10, (d) => `"function${(i * 7 + d * 31) % 1000}\\u0000/srv/a.py\\u0000${d}\\u0001l${d}"`)}],0.001]`,
        '}',
      ),
  ],
  [
    'pyisession',
    'all names distinct',
    () => listed('{"frame_records":[[["a\\u0000b\\u00001"],1]],"frame_records":', (i) => `[["f${i}\\u0000a\\u00001"],1]`, '}'),
  ],
  [
    'pyisession',
    'all threads distinct',
    () => listed('{"frame_records":[[["a\\u0000b\\u00001"],1]],"frame_records":', (i) => `[["t${i}\\u0000<thread>\\u00001"],1]`, '}'),
  ],
  ['pyisession', 'shortest samples', () => listed('{"frame_records":[[["a\\u0000b\\u00001"],1]],"frame_records":', () => '[]', '}')],
  [
    'pyisession',
    'one stack',
    () => listed('{"frame_records":[[["a\\u0000b\\u00001"],1]],"frame_records":[[', () => '"a\\u0000b"', ',1]]}'),
  ],
  [
    'pyinstrument',
    'plain',
    () => listed(`${PYINSTRUMENT}${pyFrame('root').slice(0, -1)}`, (i) => `${pyFrame(`function${i % 1000}`)}]}`, '}}'),
  ],
  [
    'pyinstrument',
    'all names distinct',
    () => listed(`${PYINSTRUMENT}${pyFrame('root').slice(0, -1)}`, (i) => `{"function":"f${i}","time":0.1}`, '}}'),
  ],
  [
    'pyinstrument',
    'all classes distinct',
    () => listed(`${PYINSTRUMENT}${pyFrame('root').slice(0, -1)}`, (i) => `{"function":"f","class_name":"C${i}","time":0.1}`, '}}'),
  ],
  ['pyinstrument', 'deepest', () => nested(PYINSTRUMENT, '{"function":"f","time":1,"children":[', ']}', '}')],
  ['pyinstrument', 'shortest frames', () => listed(`${PYINSTRUMENT}${pyFrame('root').slice(0, -1)}`, () => '{}', '}}')],
  ['unknown', 'arrays within each other', () => nested('', '[', ']')],
  ['unknown', 'objects within each other', () => nested('', '{"a":', '}')],
];
