import { formatBytes, formatCount, plural } from '../core/model/units.js';
import type { Reason } from './refusal.js';

/** What has been taken and what not, since the start. */
export interface Figures {
  /** Requests that came to an address for profiles. */
  readonly received: number;
  /** Windows that were written, their bytes, and such as were there already. */
  readonly written: number;
  readonly bytes: number;
  readonly repeated: number;
  /** Requests that were answered with an error, by reason. */
  readonly refused: Readonly<Partial<Record<Reason, number>>>;
  /** Connections that were closed because there were too many. */
  readonly dropped: number;
}

/** Counts. */
export class Tally {
  private received = 0;
  private written = 0;
  private bytes = 0;
  private repeated = 0;
  private dropped = 0;
  private readonly refused = new Map<Reason, number>();

  came(): void {
    this.received++;
  }

  wrote(bytes: number): void {
    this.written++;
    this.bytes += bytes;
  }

  wasThere(): void {
    this.repeated++;
  }

  refuse(reason: Reason): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }

  drop(): void {
    this.dropped++;
  }

  get figures(): Figures {
    const { received, written, bytes, repeated, dropped } = this;
    return { received, written, bytes, repeated, refused: Object.fromEntries([...this.refused].sort()), dropped };
  }
}

/** `120 received, 118 windows written (1.2 MB), 2 refused (busy 2)` */
export function describeFigures({ received, written, bytes, repeated, refused, dropped }: Figures): string {
  const reasons = Object.entries(refused);
  const count = reasons.reduce((sum, [, number]) => sum + number, 0);
  const parts = [
    `${formatCount(received)} received`,
    `${plural(written, 'window')} written (${formatBytes(bytes)})`,
    ...(repeated > 0 ? [`${formatCount(repeated)} there already`] : []),
    ...(count > 0
      ? [`${formatCount(count)} refused (${reasons.map(([reason, number]) => `${reason} ${formatCount(number)}`).join(', ')})`]
      : []),
    ...(dropped > 0 ? [`${plural(dropped, 'connection')} closed`] : []),
  ];
  return parts.join(', ');
}
