import type { FunctionRow, ProfileInfo, Requests, ViewParams } from '../../src/protocol/lsp.js';
import { Rpc } from '../../src/protocol/rpc.js';
import type { PageEvents, PageRequests, PageState } from '../../src/protocol/webview.js';
import { bodyClass, type Kind, tokens } from './tokens.js';
import { bigTree, functionRows, layout, type Made, matching, treeFromText } from './tree.js';

/** What the harness's address asks for: `?kind=dark&data=small&calls=1&delay=50`. */
const query = new URLSearchParams(location.search);

const SMALL = [
  '<module>;lib!_find_and_load;lib!exec_module 30000000',
  '<module>;main;quote 300000000',
  '<module>;main;quote;casefold 310000000',
  '<module>;main;rebate;rebate;rebate 60000000',
  '<module>;main;rebate;rebate 40000000',
  '<module>;main;pay 20000000',
  '<module>;main;pay;lib!<genexpr> 230000000',
  '<module>;main 10000000',
];
const PLACES = {
  '<module>': '/home/ada/shop/pricing.py:1',
  main: '/home/ada/shop/pricing.py:24',
  quote: '/home/ada/shop/pricing.py:4',
  casefold: '',
  rebate: '/home/ada/shop/pricing.py:14',
  pay: '/home/ada/shop/pricing.py:19',
  _find_and_load: '<frozen importlib._bootstrap>:1349',
  exec_module: '<frozen importlib._bootstrap_external>:989',
  '<genexpr>': '/usr/lib/python3.12/statistics.py:20',
};
const ODD = ['<script>alert(1)</script>;a\u202egnp.exe;__proto__ 5', `${'very_long_name_'.repeat(20)};x 3`, 'constructor;toString 2'];

declare global {
  interface Window {
    harness: Harness;
    acquireVsCodeApi(): unknown;
    /** The table of the page's language, where the test gives one. */
    texts?: Readonly<Record<string, string>>;
    /** A real server behind the page, where the test gives one: every answer, and `info`, come from it, as JSON. */
    live?: (method: string, params?: unknown) => Promise<string>;
  }
}

/** What a test can see and steer. */
interface Harness {
  readonly calls: { method: string; params: unknown }[];
  readonly made: Made;
  /** Methods of the server that fail with this sentence. */
  readonly failing: Map<string, string>;
  theme(kind: Kind): void;
  reveal(func: number): void;
  menu(action: string): void;
  export(kind: 'svg' | 'png' | 'html'): void;
  error(message: string): void;
  state(change: Partial<PageState>): void;
  saved: unknown;
  delay: number;
}

const data = query.get('data') ?? 'big';
const made =
  data === 'small'
    ? treeFromText(SMALL, PLACES)
    : data === 'odd'
      ? treeFromText(ODD, {})
      : data === 'empty'
        ? treeFromText([], {})
        : bigTree(Number(query.get('size') ?? 30_000));
const hasCalls = query.get('calls') === '1';
const rows = functionRows(made);

const info: ProfileInfo = {
  id: 'p1',
  uri: 'file:///home/ada/shop/.heatline/run/profile.pb.gz',
  label: 'shop/pricing.py',
  format: 'pprof',
  valueTypes: [
    { type: 'wall', unit: 'nanoseconds' },
    { type: 'cpu', unit: 'nanoseconds' },
  ],
  defaultType: 0,
  totals: [made.root.total, made.root.total / 2],
  samples: data === 'empty' ? 0 : 4750,
  functions: rows.length,
  threads: ['MainThread', 'worker-1'],
  durationNanos: 1.188e9,
  timeNanos: '1795254380984843000',
  period: 2_500_000,
  periodType: { type: 'wall', unit: 'nanoseconds' },
  comments: [],
  quality: {
    engine: hasCalls ? 'hybrid' : 'sampler',
    engineVersion: '0.1.0',
    python: 'CPython 3.12.7',
    rateAsked: 400,
    rateGot: 398,
    errors: 61,
    cost: 0.021,
    ...(hasCalls ? { tracingSeconds: 0.214, tracingPerCallSeconds: 1.2e-7 } : {}),
  },
  warnings: data === 'odd' ? ['3 samples had no stack and were left out.'] : [],
  treeIsEstimate: query.get('estimate') === '1',
  hasCalls,
  times: null,
  labelKeys: query.get('labels')?.split(',') ?? [],
  states: null,
  recording: null,
  summary: 'quote in shop/pricing.py took 61 % of 1.00 s.',
};
let page: PageState = {
  info,
  view: { profile: 'p1', type: 0 },
  tab: query.get('tab') ?? 'flame',
  compared: JSON.parse(query.get('compared') ?? 'null'),
};

const harness: Harness = {
  calls: [],
  made,
  failing: new Map(),
  theme(kind) {
    document.body.className = bodyClass[kind];
    document.documentElement.removeAttribute('style');
    for (const [name, value] of Object.entries(tokens[kind])) document.documentElement.style.setProperty(`--vscode-${name}`, value);
  },
  reveal: (func) => host.send('reveal', { func }),
  menu: (action) => host.send('menu', { action }),
  export: (kind) => host.send('export', { kind }),
  error: (message) => host.send('error', { message }),
  state(change) {
    page = { ...page, ...change };
    host.send('state', page);
  },
  saved: JSON.parse(query.get('saved') ?? 'null'),
  delay: Number(query.get('delay') ?? 0),
};
window.harness = harness;
harness.theme((query.get('kind') as Kind | null) ?? 'dark');

const later = () => new Promise((resolve) => setTimeout(resolve, harness.delay));
const host = new Rpc<object, PageRequests, PageEvents>((packet) => window.postMessage(JSON.parse(JSON.stringify(packet)), '*'));

/** `?reading=0.4`: the profile is being read and stays so until somebody stops it. */
const reading = query.get('reading');
let stop: (error: Error) => void = () => undefined;
const stopped = new Promise<never>((_, reject) => {
  stop = reject;
});
host.handle('stopReading', () => {
  note('stopReading', {});
  stop(new Error('Reading was stopped.'));
  return null;
});
host.handle('texts', () => window.texts ?? null);
host.handle('ready', async () => {
  if (reading !== null) {
    host.send('reading', { fraction: Number(reading) });
    await stopped;
  }
  if (!window.live) return page;
  const real = JSON.parse(await window.live('info')) as ProfileInfo;
  page = { ...page, info: real, view: { profile: real.id, type: real.defaultType } };
  return page;
});
host.handle('forward', async ({ method, params }) => {
  note(method, params);
  await later();
  const failure = harness.failing.get(method);
  if (failure) throw new Error(failure);
  if (window.live) return JSON.parse(await window.live(method, params)) as never;
  return answer(method, params);
});
host.handle('setView', ({ view }) => {
  note('setView', view);
  const given = Object.entries({ ...page.view, ...view }).filter(([, value]) => value !== null && value !== '');
  harness.state({ view: Object.fromEntries(given) as unknown as ViewParams });
  return null;
});
for (const method of ['openSource', 'select', 'copy', 'chooseExport', 'picture', 'chooseBaseline', 'unpinBaseline'] as const) {
  host.handle(method, (params: unknown) => {
    note(method, params);
    return null;
  });
}
host.handle('sourceLine', async ({ func }) => {
  await later();
  return made.frames[func]?.file.startsWith('/home') ? '        for row in catalogue:' : null;
});

function note(method: string, params: unknown): void {
  harness.calls.push({ method, params });
}

function answer(method: string, params: unknown): never {
  switch (method) {
    case 'profile/flame': {
      const { root, minFraction, part } = params as Requests['profile/flame'][0];
      return layout(made, root, minFraction, part) as never;
    }
    case 'profile/functions': {
      const { sort, descending, offset, limit, search, find } = params as Requests['profile/functions'][0];
      const keys: Record<string, (row: FunctionRow) => number | string> = {
        name: (row) => row.name,
        file: (row) => row.file,
        calls: (row) => row.calls ?? 0,
        self: (row) => row.self,
        total: (row) => row.total,
        selfPerCall: (row) => row.self / (row.calls ?? 1),
        totalPerCall: (row) => row.total / (row.primitive ?? 1),
      };
      const key = keys[sort]!;
      const found = search ? rows.filter(tester(search)) : rows;
      const sorted = [...found].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.func - b.func) * (descending ? -1 : 1));
      const shown = hasCalls ? sorted : sorted.map((row) => ({ ...row, calls: null, primitive: null }));
      const at = sorted.findIndex((row) => row.func === find);
      return { rows: shown.slice(offset, offset + limit), count: found.length, total: made.root.total, at } as never;
    }
    case 'profile/label':
      return ['acme', 'a.b'].map((value) => ({ value, total: 1, samples: 1 })) as never;
    case 'profile/search': {
      const funcs = rows.filter(tester((params as Requests['profile/search'][0]).search)).map((row) => row.func);
      return { total: matching(made, new Set(funcs)), funcs } as never;
    }
    default:
      throw new Error(`the harness does not answer ${method}`);
  }
}

function tester(search: string): (row: FunctionRow) => boolean {
  const pattern = /^\/(.*)\/$/.exec(search)?.[1];
  if (pattern === undefined) return (row) => `${row.name} ${row.file}`.toLowerCase().includes(search.toLowerCase());
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch {
    return () => false;
  }
  return (row) => expression.test(row.name) || expression.test(row.file);
}

window.acquireVsCodeApi = () => ({
  postMessage: (packet: unknown) => void host.receive(JSON.parse(JSON.stringify(packet))),
  getState: () => harness.saved,
  setState: (state: unknown) => {
    harness.saved = JSON.parse(JSON.stringify(state));
  },
});
