import type { HelpConfiguration } from 'commander';
import { hasColours } from './terminal.js';

export const EXIT_STATUSES = `
Examples:
  heatline record -o run.pb.gz -- python3 app.py
  heatline top run.pb.gz -n 10
  heatline list run.pb.gz parse
  heatline diff before.pb.gz after.pb.gz --fail-on 'total>5%'

Exit status:
  0  done
  1  a --fail-on rule held
  2  wrong usage
  3  an input cannot be read
  4  an engine cannot run
  5  there is no room for an output
  record exits as the recorded program did

Files are recognised by their content, packed or not.
`;

/** By command. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  record: [
    'heatline record -- python3 app.py --port 80',
    'heatline record --engine cprofile -o run.prof -- pytest -q',
    'heatline record --duration 30 --rate 200 -- python3 -m server',
    "heatline record --only '^Parser\\.' -- python3 app.py      # each line of these, exactly",
    'heatline record --pid 4711 --duration 30      # joins a running program, which runs on',
  ],
  dump: ['heatline dump 4711', 'heatline dump 4711 --locals     # what a program hangs in, and with which values'],
  fetch: [
    'heatline fetch localhost:6060                                   # 30 s of CPU',
    'heatline fetch localhost:6060 --seconds 5 -o cpu.pb.gz',
    'heatline fetch https://host/debug/pprof/heap --cacert ca.pem -o heap.pb.gz',
  ],
  timeit: [
    "heatline timeit '[x for x in range(1000)]'",
    "heatline timeit 'parse(text)' --names parser.py --setup 'text = open(\"big.txt\").read()'",
    "heatline timeit 'a + b' --compare '\"\".join((a, b))' --setup 'a = b = \"x\"'",
  ],
  receive: [
    'heatline receive /var/lib/profiles',
    'heatline receive profiles --listen 127.0.0.1:8126     # DD_TRACE_AGENT_URL=http://127.0.0.1:8126',
    'HEATLINE_TOKEN=… heatline receive profiles --listen 0.0.0.0:4040',
  ],
  top: [
    'heatline top run.pb.gz --sort total -n 20',
    'heatline top run-*.pb.gz --focus parse     # several are added up',
    'heatline top trace.json --from 1.5 --to 2     # half a second of it',
    'cat run.prof | heatline top -',
  ],
  list: ['heatline list run.pb.gz parse', "heatline list run.pb.gz '^Parser\\.' --source ~/src/app"],
  diff: [
    'heatline diff before.pb.gz after.pb.gz',
    "heatline diff main.prof branch.prof --fail-on 'total>5%' --fail-on 'self(parse)>10%'",
    'heatline diff main.prof branch.prof --markdown > comment.md',
    'heatline diff --base main1.prof --base main2.prof branch1.prof branch2.prof',
    'heatline diff /var/lib/profiles --service shop --day today --against-day yesterday --per-second',
  ],
  merge: ['heatline merge runs/*.pb.gz -o all.pb.gz', 'heatline merge /var/lib/profiles --service shop --day yesterday -o shop.pb.gz'],
  windows: [
    'heatline windows /var/lib/profiles     # services and versions',
    'heatline windows /var/lib/profiles --service shop --since -6h --by hour,host',
    'heatline windows /var/lib/profiles --by label:route --day yesterday',
  ],
  index: [
    'heatline index /var/lib/profiles     # again: only what is new',
    "duckdb -c \"SELECT function, SUM(self) FROM '/var/lib/profiles/index/functions/*/*.parquet' WHERE type = 'cpu' GROUP BY 1 ORDER BY 2 DESC\"",
  ],
  convert: ['heatline convert run.prof -o run.pb.gz', 'heatline convert run.pb.gz -o run.collapsed --value cpu'],
  completion: ['eval "$(heatline completion bash)"', 'heatline completion fish > ~/.config/fish/completions/heatline.fish'],
};

const bold = (text: string): string => (hasColours(process.stdout) ? `\u001b[1m${text}\u001b[22m` : text);

/** Help as people read it: commands in groups, in the order in which one needs them. */
export const helpStyle: HelpConfiguration = {
  styleTitle: bold,
  styleCommandText: (text) => text,
  subcommandTerm: (command) => command.name(),
};

/** What is wrong with the words of a command line, as one line. */
export function writeError(text: string, write: (text: string) => void): void {
  const sentence = text.replace(/^error: /, 'heatline: ').trim();
  write(`${sentence.replace(/\s*\n\s*/g, ' ')}\n`);
}
