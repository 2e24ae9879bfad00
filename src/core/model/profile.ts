/**
 * The profile model: immutable columns (typed arrays), written only by `ProfileBuilder`.
 *
 * Words are pprof's (https://github.com/google/pprof/blob/main/proto/profile.proto): ValueType, Sample, Location,
 * Line, Function, Mapping, Label. Strings are indexes into `strings`; index 0 is always the empty string.
 */

/** What a column of values measures: `{type: 'cpu', unit: 'nanoseconds'}`, `{type: 'time', unit: 'seconds'}`, … */
export interface ValueType {
  readonly type: string;
  /** pprof's units: `count`, `nanoseconds`, `microseconds`, `milliseconds`, `seconds`, `bytes`, … */
  readonly unit: string;
}

/** One row per distinct (name, file, startLine). Same name in another file is another function. */
export interface FunctionColumns {
  readonly length: number;
  readonly name: Uint32Array;
  readonly systemName: Uint32Array;
  readonly file: Uint32Array;
  /** 1-based first line; 0 where the format does not say. */
  readonly startLine: Int32Array;
}

/** One row per distinct place in the code; a location with inlined calls has several lines, innermost first. */
export interface LocationColumns {
  readonly length: number;
  /** Index into mappings, -1 for none. */
  readonly mapping: Int32Array;
  /** Machine address; 0 where unknown. */
  readonly address: BigUint64Array | undefined;
  /** `lines` of location i are the rows `firstLine[i] … firstLine[i + 1] - 1`; length + 1 entries. */
  readonly firstLine: Uint32Array;
}

/** Rows that `LocationColumns.firstLine` points into. */
export interface LineColumns {
  readonly length: number;
  readonly func: Uint32Array;
  /** 1-based executing line; 0 where unknown. */
  readonly line: Int32Array;
  /** 1-based UTF-8 byte column, 0 unknown; absent when no line has one. */
  readonly column: Int32Array | undefined;
  /** Where the expression ends (Python 3.11+ positions): line, and 1-based column after its last byte; 0 unknown, absent when no line has them. */
  readonly endLine: Int32Array | undefined;
  readonly endColumn: Int32Array | undefined;
}

export interface MappingColumns {
  readonly length: number;
  readonly file: Uint32Array;
  readonly buildId: Uint32Array;
  readonly start: BigUint64Array;
  readonly limit: BigUint64Array;
  readonly offset: BigUint64Array;
  /** The one that the file has first, which is the main binary, -1 for none; where it is absent, it is the first one here. */
  readonly main?: number;
}

/** A prefix tree of stacks: row i is the frame `location[i]` called from stack `prefix[i]` (-1: a root). prefix[i] < i. */
export interface StackColumns {
  readonly length: number;
  readonly prefix: Int32Array;
  readonly location: Uint32Array;
}

/** Whole stacks as they were read: row i is `location[first[i] … first[i + 1] - 1]`, leaf first. Equal rows may occur. */
export interface FrameColumns {
  readonly length: number;
  /** length + 1 entries. */
  readonly first: Uint32Array;
  readonly location: Uint32Array;
  /** Row of each sample. */
  readonly ofSample: Uint32Array;
  /** Profiles with the same one share their rows and their places as far as they go: not every one is used here. */
  readonly run?: object;
}

/** Float64Array, or BigInt64Array for a column whose values or sum of magnitudes pass 2^53. */
export type ValueColumn = Float64Array | BigInt64Array;

export interface SampleColumns {
  readonly length: number;
  /** Index into stacks; -1 for an empty stack. */
  readonly stack: Int32Array;
  /** One column per sample type; all of `length`. Columns of types backed by `calls` or `lineCosts` are empty (length 0). */
  readonly values: readonly ValueColumn[];
  /** Index into `threads`, -1 for none; absent when the profile knows no threads. */
  readonly thread: Int32Array | undefined;
  /**
   * Nanoseconds since the profile's start, NaN for a sample without one; absent when no sample has one. Samples of one thread
   * may stand in any order (formats with a list per thread start over for each).
   */
  readonly time: Float64Array | undefined;
  /** When samples without a `time` were seen, of recordings that sum up as they go; absent where no sample has any (see `inTime`). */
  readonly stretches?: StretchColumns;
  /** What the thread was doing: bits of `ThreadStatus`; absent when no sample says. */
  readonly status: Uint8Array | undefined;
  /** Other labels as CSR: labels of sample i are rows `first[i] … first[i+1]-1`. */
  readonly labels: LabelColumns | undefined;
}

/** The stretches of time that samples are sums of, as CSR; those of a thread do not overlap. */
export interface StretchColumns {
  /** Stretches of sample i are rows `first[i] … first[i + 1] - 1`; samples may have none. */
  readonly first: Uint32Array;
  /** Nanoseconds since the profile's start, and nanoseconds. */
  readonly begin: Float64Array;
  readonly length: Float64Array;
  /** By value type: what each stretch has of its sample's value; undefined for types that are shared out by length. */
  readonly values: readonly (Float64Array | undefined)[];
}

/** Bits of `SampleColumns.status`, as CPython's sampling profiler writes them (InternalDocs/profiling_binary_format.md). */
export const ThreadStatus = { hasGil: 1, onCpu: 2, unknown: 4, wantsGil: 8, exception: 16, mainThread: 32 } as const;

export interface LabelColumns {
  readonly first: Uint32Array;
  readonly key: Uint32Array;
  /** String index of the value; 0 when the label is a number. */
  readonly text: Uint32Array;
  readonly number: Float64Array;
  readonly unit: Uint32Array;
}

/**
 * Exact call counts (cProfile, hybrid, callgrind): per function and per caller→callee edge, kept as they are.
 * `self` is cProfile's tottime, `total` its cumtime, in the unit of `sampleTypes[timeType]`.
 * Recursive edges overlap in `total`: never sum it over callers.
 */
export interface CallColumns {
  /** Index into `sampleTypes` of the type whose values are `functions.calls`. */
  readonly callsType: number;
  /** Index into `sampleTypes` of the type whose self and total are `functions.self`, `functions.total`. */
  readonly timeType: number;
  /** Dense, one row per function of the profile (0 where it was never traced). */
  readonly functions: {
    readonly calls: Float64Array;
    readonly primitive: Float64Array;
    readonly self: Float64Array;
    readonly total: Float64Array;
  };
  readonly edges: {
    readonly length: number;
    readonly caller: Uint32Array;
    readonly callee: Uint32Array;
    readonly calls: Float64Array;
    readonly primitive: Float64Array;
    readonly self: Float64Array;
    readonly total: Float64Array;
  };
  /** Further costs of the same calls (callgrind's other events): self and total in the unit of `sampleTypes[type]`. */
  readonly costs: readonly CallCostColumns[];
}

/** One more cost of the functions and edges of `CallColumns`, row by row. */
export interface CallCostColumns {
  readonly type: number;
  readonly functions: { readonly self: Float64Array; readonly total: Float64Array };
  readonly edges: { readonly self: Float64Array; readonly total: Float64Array };
}

/**
 * Sums per line, of formats that keep no stacks (line_profiler, Scalene) or keep them only per function (callgrind).
 * One row per entry of the file; rows of the same line add up.
 */
export interface LineCostColumns {
  /** Index into `sampleTypes`. */
  readonly type: number;
  readonly length: number;
  readonly func: Uint32Array;
  /** String index of the line's file: the function's, but for inlined code. */
  readonly file: Uint32Array;
  /** 1-based. */
  readonly line: Int32Array;
  readonly self: Float64Array;
  /** With what was called from the line; equal to `self` where the format does not tell them apart. */
  readonly total: Float64Array;
  /** How often the line ran (or called, where the format counts that); -1 unknown. */
  readonly calls: Float64Array;
}

/** What the recorder says of its own work; every field optional, since foreign files say little. */
export interface Quality {
  readonly engine?: string;
  readonly engineVersion?: string;
  readonly python?: string;
  /** Rate asked for and got, Hz. */
  readonly rateAsked?: number;
  readonly rateGot?: number;
  readonly errors?: number;
  /** Share of the samples that were due and not taken, 0..1. */
  readonly missed?: number;
  /** Estimated cost of recording as a share of the run, 0.05 = 5 %. */
  readonly cost?: number;
  /** Seconds to which the times of samples are right, where the recorder knows. */
  readonly timesWithin?: number;
  /** Seconds that tracing is estimated to have added to the samples, and the calibrated cost of one Python call in seconds. */
  readonly tracingSeconds?: number;
  readonly tracingPerCallSeconds?: number;
  /** The same of built-in functions, and of built-in types' methods, which cost more. */
  readonly tracingPerBuiltinSeconds?: number;
  readonly tracingPerMethodSeconds?: number;
  readonly notes?: readonly string[];
  /** Set where rows are no samples but what ran between two events, or sums: their number tells nothing of an error. */
  readonly rows?: 'spans' | 'sums';
  /** Set where a row lasts from its `time` for as long as its value of time says; else `time` is the moment of a look. Spans always last. */
  readonly lasting?: true;
}

export interface Profile {
  /** Id of the format it was read from, e.g. `pprof`. */
  readonly format: string;
  readonly sampleTypes: readonly ValueType[];
  /** Index of the type shown first: pprof's default_sample_type, else the last one; heatline's own files say. */
  readonly defaultType: number;
  readonly strings: readonly string[];
  readonly functions: FunctionColumns;
  readonly locations: LocationColumns;
  readonly lines: LineColumns;
  readonly mappings: MappingColumns;
  /** Built at first use when the profile was read as whole stacks (`frames`), as is `samples.stack`. */
  readonly stacks: StackColumns;
  /** Present when the format gives whole stacks (pprof); prefer `stackRows(profile)`, which serves both kinds. */
  readonly frames: FrameColumns | undefined;
  readonly samples: SampleColumns;
  readonly threads: readonly string[];
  readonly calls: CallColumns | undefined;
  /** One entry per value type that is known per line only; empty for most formats. */
  readonly lineCosts: readonly LineCostColumns[];
  /** Unix time of the start; nanoseconds. */
  readonly timeNanos: bigint | undefined;
  readonly durationNanos: number | undefined;
  readonly periodType: ValueType | undefined;
  readonly period: number;
  readonly comments: readonly string[];
  readonly dropFrames: string;
  readonly keepFrames: string;
  readonly quality: Quality;
  /** Sentences for the user about what was repaired or left out while reading. */
  readonly warnings: readonly string[];
}

/** The columns that say where in the code something is; profiles of one service may share them. */
export type Places = Pick<Profile, 'strings' | 'functions' | 'locations' | 'lines' | 'mappings'>;

/** A stretch of time: nanoseconds since the profile's start, `from` in it, `to` no more. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** A node of the call tree, known by the way to it: node numbers change with the view, functions do not. */
export interface TreeScope {
  /** Functions from the outermost frame to the node; inverted from the innermost one. */
  readonly path: readonly number[];
  readonly inverted: boolean;
  /** The tree has its library frames folded (see TreeOptions.justMyCode). */
  readonly justMyCode: boolean;
}

/** Thread, focus and value type that every derived table is computed for. */
export interface ViewSpec {
  /** Index into sampleTypes. */
  readonly type: number;
  /** Thread name; absent for all. */
  readonly thread?: string;
  /** Regular expression sources, as pprof's -focus and -ignore: on `name` and `file` of any frame of the stack. */
  readonly focus?: string;
  readonly ignore?: string;
  /** On labels of samples, as pprof's -tagfocus and -tagignore: `tenant=acme`, `request=1mb:` (see `matchingLabels`). */
  readonly tagFocus?: string;
  readonly tagIgnore?: string;
  /** Only what was seen, or went on, in this time (see `rangeParts`). */
  readonly range?: TimeRange;
  /** Only stacks through this node. */
  readonly scope?: TreeScope;
}
