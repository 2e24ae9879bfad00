import type { ProfileBuilder } from '../../model/builder.js';

interface FunctionSum {
  samples: number;
  self: number;
  total: number;
}

/**
 * Figures of a pstats file that Python's sampler wrote: samples and seconds per line, alone and with what the line called, and
 * samples per edge. Figures of functions are added up from their lines; a total that several lines of a recursive function share
 * is counted for each of them there, so that it is bounded by the whole.
 */
export class SampledSums {
  private readonly functions = new Map<number, FunctionSum>();
  private readonly edges: [caller: number, callee: number, samples: number][] = [];
  private samples = 0;
  private seconds = 0;

  constructor(
    private readonly builder: ProfileBuilder,
    private readonly samplesType: number,
    private readonly timeType: number,
  ) {}

  /** @param own samples of the line itself @param all those with what it called; `self` and `total`: the same in seconds */
  line(func: number, line: number, own: number, all: number, self: number, total: number): void {
    this.builder.lineCost(this.samplesType, func, line, own, all);
    this.builder.lineCost(this.timeType, func, line, self, total);
    const sum = this.functions.get(func) ?? { samples: 0, self: 0, total: 0 };
    sum.samples += own;
    sum.self += self;
    sum.total += total;
    this.functions.set(func, sum);
    this.samples += own;
    this.seconds += self;
  }

  edge(caller: number, callee: number, samples: number): void {
    this.edges.push([caller, callee, samples]);
  }

  /** Gives functions and edges to the builder. */
  finish(): void {
    const { builder } = this;
    const bounded = (seconds: number) => Math.min(seconds, this.seconds);
    const interval = this.samples === 0 ? 0 : this.seconds / this.samples;
    for (const [func, sum] of this.functions) {
      builder.functionCalls(func, sum.samples, sum.samples, sum.self, Math.max(sum.self, bounded(sum.total)));
    }
    for (const [caller, callee, samples] of this.edges) builder.edge(caller, callee, samples, samples, 0, bounded(samples * interval));
    builder.quality({ engine: 'tachyon', notes: ["Written by Python's sampler: what others call calls are samples here."] });
    if (interval > 0) builder.quality({ rateAsked: 1 / interval });
  }
}
