/** What an event of a recording measures: the value type, and the field that holds its size (absent: it counts 1). */
export interface JfrMeasure {
  readonly type: string;
  readonly unit: 'count' | 'bytes' | 'nanoseconds';
  /** First of these fields that the event has; `duration` is in ticks. */
  readonly fields: readonly string[];
}

const sample = (type: string): JfrMeasure => ({ type, unit: 'count', fields: ['samples'] });
const bytes = (type: string, ...fields: string[]): JfrMeasure => ({ type, unit: 'bytes', fields });
const time = (type: string): JfrMeasure => ({ type, unit: 'nanoseconds', fields: ['duration'] });

/**
 * Events with stacks, of the JDK and of async-profiler, in the order in which their value types are shown; the first type that a
 * recording has is shown first. A new TLAB stands for all that is going to be allocated in it, as the JDK's own tools count.
 */
export const measures: ReadonlyMap<string, JfrMeasure> = new Map([
  ['jdk.ExecutionSample', sample('samples')],
  ['jdk.CPUTimeSample', sample('cpu samples')],
  ['profiler.WallClockSample', sample('wall samples')],
  ['jdk.NativeMethodSample', sample('native samples')],
  ['jdk.ObjectAllocationSample', bytes('allocated', 'weight')],
  ['jdk.ObjectAllocationInNewTLAB', bytes('allocated in TLABs', 'tlabSize')],
  ['jdk.ObjectAllocationOutsideTLAB', bytes('allocated in TLABs', 'allocationSize')],
  ['profiler.LiveObject', bytes('live', 'allocationSize')],
  ['profiler.Malloc', bytes('malloc', 'size')],
  ['jdk.JavaMonitorEnter', time('lock')],
  ['jdk.JavaMonitorWait', time('wait')],
  ['jdk.ThreadPark', time('park')],
  ['jdk.ThreadSleep', time('sleep')],
  ['jdk.FileRead', time('io')],
  ['jdk.FileWrite', time('io')],
  ['jdk.SocketRead', time('io')],
  ['jdk.SocketWrite', time('io')],
]);
