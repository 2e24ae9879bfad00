import { UserError } from '../../core/errors.js';
import type { Environment } from '../../engines/engine.js';
import { chooseEngine, engines, probeEnvironment } from '../../engines/index.js';
import { print, printJson } from '../output.js';
import { pythonPackage } from '../pythonPackage.js';

/** `heatline engines`: JSON is `[{id, label, state, detail, fix, languages, measures, formats}]`. */
export async function listEngines(options: { json?: boolean }): Promise<void> {
  const environment = await probe();
  const found = await Promise.all(
    engines.map(async (engine) => {
      const available = await engine.probe(environment);
      return {
        id: engine.id,
        label: engine.label,
        state: available.state,
        detail: available.state === 'found' ? available.detail : available.reason,
        fix: available.state === 'found' ? null : available.fix,
        languages: engine.languages,
        measures: engine.measures,
        formats: engine.formats,
      };
    }),
  );
  if (options.json) {
    await printJson(found);
    return;
  }
  const width = Math.max(...found.map(({ id }) => id.length));
  await print(
    (await automatic(environment)) +
      found
        .map(({ id, state, label, detail, fix, measures }) => {
          const about = `${id.padEnd(width)}  ${state.padEnd(7)}  ${label}: ${measures.join(', ')}\n${' '.repeat(width + 11)}${detail}\n`;
          return fix === null ? about : `${about}${' '.repeat(width + 11)}to get it: ${fix}\n`;
        })
        .join(''),
  );
}

/** What `auto` comes to here, and why: for a program that is started, and for one that runs already with this Python. */
async function automatic(environment: Environment): Promise<string> {
  const place = { cwd: process.cwd(), env: {} };
  const starts = [
    ['a program', { kind: 'script', script: 'app.py', args: [], ...place }, {}],
    ['its lines (--only)', { kind: 'script', script: 'app.py', args: [], ...place }, { only: 'f' }],
    ['a running one (--pid)', { kind: 'process', pid: 0, ...place }, {}],
  ] as const;
  let text = '';
  for (const [what, target, options] of starts) {
    const said = await chooseEngine('auto', target, environment, options).then(
      ({ engine, reason }) => `${engine.id}: ${reason}`,
      (error: Error) => error.message,
    );
    text += `auto, for ${what}: ${said}\n`;
  }
  return `${text}\n`;
}

/** A machine without Python has engines too: they say what they miss. */
async function probe(): Promise<Environment> {
  try {
    return await probeEnvironment({ pythonPackage: pythonPackage() });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { platform: process.platform, path: process.env.PATH ?? '', pythonPackage: pythonPackage() };
  }
}
