/** A value type for an event's name, and what the file's figures are multiplied by. */
export interface EventType {
  readonly type: string;
  readonly unit: string;
  readonly scale: number;
}

const UNITS: Readonly<Record<string, readonly [string, string, number]>> = {
  ns: ['time', 'nanoseconds', 1],
  us: ['time', 'microseconds', 1],
  µs: ['time', 'microseconds', 1],
  ms: ['time', 'milliseconds', 1],
  s: ['time', 'seconds', 1],
  seconds: ['time', 'seconds', 1],
  milliseconds: ['time', 'milliseconds', 1],
  microseconds: ['time', 'microseconds', 1],
  nanoseconds: ['time', 'nanoseconds', 1],
  bytes: ['memory', 'bytes', 1],
  b: ['memory', 'bytes', 1],
  kb: ['memory', 'bytes', 1024],
  mb: ['memory', 'bytes', 1048576],
};

/**
 * Valgrind's events are counts. Others say their unit: `Time_(10ns)` (Xdebug 3), `cpu(ms)` (pprof), `ns` (pyprof2calltree), or it is
 * known of the tool: yappi's `Ticks` and Xdebug 2's `Time` are microseconds.
 */
export function eventType(event: string, creator: string): EventType {
  const named = /^(.*?)_?\((\d{0,9})([a-zµ]+)\)$/i.exec(event.slice(0, 200));
  if (named !== null) {
    const unit = UNITS[named[3]!.toLowerCase()];
    const times = named[2] === '' ? 1 : Number(named[2]);
    if (unit !== undefined) return { type: named[1]!.toLowerCase() || unit[0], unit: unit[1], scale: unit[2] * times };
    if (times === 1) return { type: named[1] || event, unit: named[3]!, scale: 1 };
  }
  const lower = event.toLowerCase();
  if (lower === 'ticks' && creator.startsWith('yappi')) return { type: 'time', unit: 'microseconds', scale: 1 };
  if (lower === 'time' && creator.startsWith('xdebug')) return { type: 'time', unit: 'microseconds', scale: 1 };
  if (lower === 'memory' && creator.startsWith('xdebug')) return { type: 'memory', unit: 'bytes', scale: 1 };
  const unit = Object.hasOwn(UNITS, lower) && lower.length > 1 ? UNITS[lower] : undefined;
  return unit === undefined ? { type: event, unit: 'count', scale: 1 } : { type: unit[0], unit: unit[1], scale: unit[2] };
}
