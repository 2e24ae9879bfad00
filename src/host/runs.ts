import * as vscode from 'vscode';
import { t } from '../core/l10n.js';

/** Something that is being recorded. */
export interface Run {
  readonly id: string;
  readonly name: string;
  /** One run at a time for each. */
  readonly key: string;
  /** Ends by itself after so many seconds. */
  readonly limitSeconds?: number;
  /** What Stop ends: a program that we started, or only the looking at one that runs on. */
  readonly attached?: boolean;
  /** Asks it to end; asked again, it hurries. */
  stop(): void;
}

/** What is being recorded now: each with a clock and Stop of its own in the status bar. */
export class Runs implements vscode.Disposable {
  private readonly running = new Map<string, { readonly run: Run; readonly clock: Clock; readonly ended: Promise<unknown> }>();

  has(key: string): boolean {
    return [...this.running.values()].some(({ run }) => run.key === key);
  }

  isRunning(id: string): boolean {
    return this.running.has(id);
  }

  /** Shows a run for as long as `work` takes. */
  async follow<T>(run: Run, work: () => Promise<T>): Promise<T> {
    const ended = work();
    const clock = new Clock(run, new Set([...this.running.values()].map((other) => other.clock.place)));
    this.running.set(run.id, { run, clock, ended: ended.catch(() => undefined) });
    this.tellContext();
    try {
      return await ended;
    } finally {
      clock.dispose();
      this.running.delete(run.id);
      this.tellContext();
    }
  }

  /** Asks one run, or all of them, to end, keeping what was recorded. */
  stop(id?: unknown): void {
    for (const { run } of this.running.values()) if (typeof id !== 'string' || run.id === id) run.stop();
  }

  /** Resolves when nothing runs any more, or after so many milliseconds. */
  async ended(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([Promise.all([...this.running.values()].map(({ ended }) => ended)), late]);
    clearTimeout(timer);
  }

  private tellContext(): void {
    void vscode.commands.executeCommand('setContext', 'heatline.running', this.running.size > 0);
  }

  /** Programs must not outlive the window's extension host. */
  dispose(): void {
    this.stop();
    for (const { clock } of this.running.values()) clock.dispose();
  }
}

/** The status bar's item of one run; a click stops it. */
class Clock implements vscode.Disposable {
  /** Its number in the status bar, from the left. */
  readonly place: number;
  private readonly item: vscode.StatusBarItem;
  private readonly timer: NodeJS.Timeout;
  private readonly startedAt = Date.now();

  constructor(
    private readonly run: Run,
    taken: ReadonlySet<number>,
  ) {
    let place = 0;
    while (taken.has(place)) place++;
    this.place = place;
    this.item = vscode.window.createStatusBarItem(
      place === 0 ? 'heatline.run' : `heatline.run${place + 1}`,
      vscode.StatusBarAlignment.Left,
      100 - place / 100,
    );
    this.item.name = place === 0 ? t('Heatline: running') : t('Heatline: running ({0})', place + 1);
    this.item.command = { title: t('Stop'), command: 'heatline.stop', arguments: [run.id] };
    const stops = run.attached ? t('Click to stop recording; the program runs on.') : t('Click to stop it and see what was recorded.');
    this.item.tooltip = t('Heatline records {0}. {1}', run.name, stops);
    this.tick();
    this.item.show();
    this.timer = setInterval(() => this.tick(), 1000);
  }

  private tick(): void {
    const { name, limitSeconds } = this.run;
    const elapsed = clockText(Date.now() - this.startedAt);
    const limit = limitSeconds === undefined ? '' : t(' of {0}', clockText(limitSeconds * 1000));
    // A lone run needs no name: its terminal, or the person who started it, says what it is.
    this.item.text = `$(record) ${this.place > 0 || this.run.attached ? `${name} ` : ''}${elapsed}${limit} $(debug-stop)`;
    this.item.accessibilityInformation = { label: t('Heatline records {0}, {1}{2}. Stop', name, elapsed, limit), role: 'button' };
  }

  dispose(): void {
    clearInterval(this.timer);
    this.item.dispose();
  }
}

/** Minutes and seconds, hours when there are any: `0:07`, `1:02:03`. */
function clockText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
