import type { HeatScale } from '../../protocol/code.js';
import type { LineHeat, ViewParams } from '../../protocol/lsp.js';
import { definitionsIn } from '../definitions.js';
import type { Server } from '../server.js';
import type { OpenProfile } from '../store.js';

/** The same lines with their shares taken of what their file or their function took in all. */
export async function rescaled(
  server: Server,
  opened: OpenProfile,
  view: ViewParams,
  file: string,
  lines: readonly LineHeat[],
  scale: Exclude<HeatScale, 'profile'>,
  signal?: AbortSignal,
): Promise<LineHeat[]> {
  const { self, total } = await opened.analysis.ask('lineSet', { view, files: opened.paths.namesOf(file) }, signal);
  const ofFile = total ?? self;
  const wholes = scale === 'function' ? await functionWholes(server, opened, view, file, signal) : [];
  return lines.map((heat) => {
    const whole = wholes.find((one) => one.line <= heat.line && heat.line <= one.end)?.whole ?? ofFile;
    const share = (value: number) => (whole > 0 ? Math.min(1, Math.max(0, value / whole)) : 0);
    return { ...heat, share: share(heat.self), totalShare: share(heat.total) };
  });
}

/** What each function of a file took in all, the innermost first. Code outside of functions is measured by the file. */
async function functionWholes(server: Server, opened: OpenProfile, view: ViewParams, file: string, signal?: AbortSignal) {
  const functions = (await definitionsIn(server, opened, file)).filter(({ name }) => !/<\w+>$/.test(name));
  const { figures } = await opened.analysis.ask('figures', { view, funcs: functions.map(({ func }) => func) }, signal);
  return functions
    .map(({ line, end }, index) => ({ line, end, whole: figures[index]!.total }))
    .filter(({ whole }) => whole > 0)
    .sort((a, b) => a.end - a.line - (b.end - b.line));
}
