/**
 * A recording on disk: one folder `<id>/` with the raw profile file(s), `meta.json` and `sources/<sha256>`.
 * `meta.json` is written last and atomically: a folder without it is not a recording.
 */
export interface RecordingMeta {
  readonly version: 1;
  readonly id: string;
  /** Shown in the Recordings view; the user may rename. */
  readonly label: string;
  /** Raw profile file, relative to the folder. */
  readonly file: string;
  readonly engine: string;
  /** Why this engine was chosen, one clause. */
  readonly engineReason?: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly interpreter?: string;
  /** The program or module that was profiled, as the user would name it. */
  readonly target: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationSeconds: number;
  /** The program's own status; negative signal number when killed; null when unknown. */
  readonly exitStatus: number | null;
  readonly stoppedBy: 'program' | 'user' | 'signal' | 'opened';
  readonly gitCommit?: string;
  readonly sources: readonly RecordedSource[];
}

/** A profiled source of the workspace, a file or a notebook's cell, as it was when the program ran. */
export interface RecordedSource {
  /** Absolute path as the profile names it. */
  readonly path: string;
  readonly sha256: string;
  readonly lines: number;
  /** Of a cell: URI of its document (`vscode-notebook-cell:…`) when it ran; without a fragment where only its notebook is known. */
  readonly cell?: string;
}

/** Endings of what a notebook's kernel and the editor tell each other beside the raw file while cells are recorded (python/heatline/kernel.py). */
export const KERNEL_FILES = { request: '.request', armed: '.armed', cells: '.cells' } as const;

/** Parses meta.json's text; undefined when it is not one of ours. Never throws. */
export function parseMeta(text: string): RecordingMeta | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const meta = value as RecordingMeta;
    const named = typeof meta.id === 'string' && typeof meta.file === 'string' && typeof meta.engine === 'string';
    const safe = named && !/[\\/]/.test(meta.file) && Array.isArray(meta.argv) && Array.isArray(meta.sources);
    return safe && meta.version === 1 ? meta : undefined;
  } catch {
    return undefined;
  }
}
