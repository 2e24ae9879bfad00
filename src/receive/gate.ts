import { Refusal } from './refusal.js';

/** Lets so many in at a time; the others wait in their order, and those that have waited for too long are sent away. */
export class Gate {
  private inside = 0;
  private readonly waiting = new Set<() => void>();

  /** @param patience in milliseconds: whoever sends has given up by then, and what it sent would be written for nobody */
  constructor(
    private readonly most: number,
    private readonly patience: number,
  ) {}

  /** @throws Refusal `busy`, and what `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside < this.most) this.inside++;
    else await this.turn();
    try {
      return await work();
    } finally {
      // Whoever leaves hands its place on.
      const [next] = this.waiting;
      if (next === undefined) this.inside--;
      else next();
    }
  }

  private turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.waiting.delete(enter);
        clearTimeout(late);
        resolve();
      };
      const late = setTimeout(() => {
        this.waiting.delete(enter);
        reject(busy());
      }, this.patience);
      this.waiting.add(enter);
    });
  }
}

/** Memory that is shared by all requests: who asks for more than is left is sent away. */
export class Budget {
  private used = 0;

  constructor(private readonly room: number) {}

  /** @throws Refusal `busy` */
  take(bytes: number): void {
    if (this.used + bytes > this.room) throw busy();
    this.used += bytes;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

export function busy(): Refusal {
  return new Refusal(503, 'busy', 'There is too much to do just now: send it again in a moment.', 1);
}
