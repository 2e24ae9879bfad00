/** What to run or attach to, before an engine is chosen. Paths are absolute. */
export type Target =
  | {
      readonly kind: 'script';
      readonly script: string;
      readonly args: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'module';
      readonly module: string;
      readonly args: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'command';
      readonly argv: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
      /** Language id, where it is known of what the words do not tell: of a compiled program. */
      readonly language?: string;
    }
  /** A program that runs already, and runs on afterwards; `cwd` is where the engine's tool works. */
  | { readonly kind: 'process'; readonly pid: number; readonly cwd: string; readonly env: Readonly<Record<string, string>> };

/** What an engine may know about the place it runs in; gathered once by `probeEnvironment`. */
export interface Environment {
  readonly platform: NodeJS.Platform;
  /** Absolute path of the interpreter; absent when there is none. */
  readonly python?: string;
  /** e.g. [3, 12, 1] */
  readonly pythonVersion?: readonly [number, number, number];
  /** `cpython`, `pypy`, … */
  readonly implementation?: string;
  /** A build that can run without Python's lock: its objects lie otherwise in memory. */
  readonly freeThreaded?: boolean;
  /** Folder of the interpreter's scripts (`bin`), where installed tools are looked for. */
  readonly scripts?: string;
  /** PATH to search for external tools. */
  readonly path: string;
  /** Folder that holds our `heatline` Python package (put on the command line, never on PYTHONPATH of children). */
  readonly pythonPackage: string;
  /** Absolute path of what runs a target of another language, such as its `ruby`; without it engines look on PATH. */
  readonly toolchain?: string;
}

export type Availability =
  | { readonly state: 'found'; readonly detail: string; readonly executable?: string }
  | {
      readonly state: 'missing';
      readonly reason: string;
      /** One sentence: the command that makes it work. */
      readonly fix: string;
      /** That command alone, to be copied into a shell, where it is not pip's. */
      readonly command?: string;
      /** What pip installs into whose environment to make it work; absent where that does not help. */
      readonly install?: { readonly python: string; readonly what: string };
    };

/** Same names everywhere: command line, settings, launch configurations. */
export interface EngineOptions {
  /** Absolute path of the raw file that the engine shall write. */
  readonly output: string;
  readonly rateHz?: number;
  readonly durationSeconds?: number;
  readonly subprocesses?: boolean;
  readonly native?: boolean;
  readonly gil?: boolean;
  readonly idle?: boolean;
  /** Regular expression (Python's) on qualified names: the functions whose lines are measured. For the engine `lines` alone. */
  readonly only?: string;
  /** Recording begins so long after the program. For the engine `sampler` alone, of a program that is started. */
  readonly delaySeconds?: number;
  /** Qualified or bare name of a function: what runs inside it is recorded, and nothing else. For the engine `sampler` alone. */
  readonly function?: string;
  /** Samples bear the test that ran, as the label `test`. For the engines `sampler` and `hybrid`, of a program that is started. */
  readonly perTest?: boolean;
  /**
   * Lines of a Python file, `/app/shop.py:10-20`, its path absolute; `…:10` is the statement around that line. What runs while a thread
   * is on them is recorded, and nothing else. For the engines `hybrid`, `sampler` and `cprofile`.
   */
  readonly within?: string;
  /** Frames of a stack that are kept, the innermost ones; 1 unless said. For the engine `memory` alone. */
  readonly depth?: number;
  /** Seconds on and off by turns, `0.5/30`: what is seen meanwhile is scaled up. For the engine `memory` alone. */
  readonly duty?: string;
  /** One of so many stretches of time is recorded, and figures are scaled up. For the engine `locks` alone. */
  readonly sample?: number;
  /** A step of an event loop that takes so many milliseconds blocks it; 100 unless said. For the engine `async` alone. */
  readonly blockedMs?: number;
  /** One of the engine's `measures`; its first unless said. For engines that have a choice. */
  readonly measure?: string;
  /** The caller cannot see how the program ends: a terminal says 0 of one that a signal ended. Then the plan has a `statusFile`. */
  readonly reportStatus?: boolean;
  /** Someone looks on: where the engine can, it shows what it has recorded about once a second (see `LaunchPlan.output`). */
  readonly live?: boolean;
  /** What the user wants to know; `auto` chooses by it. */
  readonly want?: 'counts' | 'time';
}

/** A finished plan: what to start, what it writes, and how it is stopped without losing data. */
export interface LaunchPlan {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Variables to set on top of the caller's environment. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Raw file the engine writes, and its format id (core/formats). Engines in the box also leave `<output>.part`, their last
   * checkpoint, and where they are looked on at `<output>.live`, renewed about once a second; both go at the end.
   */
  readonly output: string;
  readonly format: string;
  /**
   * Where to look on while it records, when that was asked for: `copy`, at `<output>.live` and `<output>.part`; `output`, at the file
   * itself, which can be read while it grows. Absent when the engine shows nothing before its end.
   */
  readonly live?: 'copy' | 'output';
  /** Signals in the order to try, each with the seconds to wait for the end. */
  readonly stop: readonly { readonly signal: NodeJS.Signals; readonly waitSeconds: number }[];
  /** The program is none of ours: what is started is a tool alone, whose output is read and not shown. */
  readonly attached?: boolean;
  /** Number of the program that an attached tool stops for each of its looks. */
  readonly holds?: number;
  /** What is started passes no signal on to the program below it: all processes of its tree are signalled. */
  readonly signalsTree?: boolean;
  /** What makes `output` of what a tool recorded, one step after the other, once the program and the tool have ended. */
  readonly after?: readonly AfterStep[];
  /** Files and folders of tools that are deleted in the end, whatever happened. */
  readonly scratch?: readonly string[];
  /** What is started is a tool around the program that loses its recording on SIGTERM and SIGHUP: these go to the program alone. */
  readonly toolAround?: boolean;
  /** One sentence for the user when nothing was recorded: why that may be. */
  readonly hint?: string;
  /** File that receives `{"exitStatus": n}` when the engine, or a terminal, hides the program's own status. */
  readonly statusFile?: string;
}

/** A tool that runs after the recording, in the plan's `cwd`; `stdout` is the file that receives what it prints. */
export interface AfterStep {
  readonly argv: readonly string[];
  readonly stdout?: string;
}

/** A profiler that Heatline can start: one file in this folder and one line in `index.ts`. */
export interface Engine {
  readonly id: string;
  readonly label: string;
  readonly languages: readonly string[];
  /** `wall` `cpu` `gil` `alloc` `lock` `block` `calls` `lines` … */
  readonly measures: readonly string[];
  /** Format ids it can write. */
  readonly formats: readonly string[];
  /** Whether it can join a program that runs already (target `process`). */
  readonly attaches: boolean;
  /** Whether a rate can be chosen; where not it refuses one. Left out where it always can, or where there is none. */
  takesRate?(options: Partial<EngineOptions>): boolean;
  /** Says whether it works here, without running the user's program. Never throws. */
  probe(environment: Environment): Promise<Availability>;
  /** The same for joining a program that runs already, for engines that need more for that than `probe` asks for. */
  probeJoining?(environment: Environment): Promise<Availability>;
  /** Pure: same input, same plan; golden-tested. Throws UserError for a target it cannot run. */
  plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan;
}
