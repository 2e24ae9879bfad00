/** What the timeline asks of the server: method → [params, result]. Types only; times are nanoseconds since the profile's start. */
import type { FrameColumns } from '../core/model/frameColumns.js';
import type { TimeRange } from '../core/model/profile.js';
import type { LaneWindow, TimelineBoxes } from '../core/model/timelineBoxes.js';
import type { ViewParams } from './lsp.js';

/** A thread of the timeline; its number is its place in the list. */
export interface TimelineRow {
  /** '' for samples of no thread. */
  readonly thread: string;
  /** Levels of its deepest stack. */
  readonly depth: number;
  readonly samples: number;
  /** Sum of the view's figure. */
  readonly value: number;
}

export interface TimelineRequests {
  /** Threads in the order of the profile, and how the view's figure is spread over time. A range of the view is not heeded. */
  'profile/timeline': [
    { readonly view: ViewParams; readonly buckets: number },
    {
      /** null: the samples have no times. */
      readonly times: TimeRange | null;
      readonly lanes: readonly TimelineRow[];
      /** From the first time to the last, each an equal part. */
      readonly activity: readonly number[];
      /** Samples say what the thread did. */
      readonly states: boolean;
    },
  ];
  /** The boxes that touch a stretch of time, of some levels of some threads; narrower ones than `quantum` are put together. */
  'profile/timelineBoxes': [
    { readonly view: ViewParams; readonly range: TimeRange; readonly quantum: number; readonly lanes: readonly LaneWindow[] },
    TimelineColumns,
  ];
}

/** Boxes with `frame`, an index into `frames`, in the place of functions. */
export type TimelineColumns = Omit<TimelineBoxes, 'func'> & { readonly frame: readonly number[]; readonly frames: FrameColumns };
