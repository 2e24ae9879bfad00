/** A share of failed looks from which on the user is told. */
const toldShare = 0.05;

/**
 * What the user should know of what an attached tool printed, as one sentence; undefined when all went well. Without a
 * recording there is always a sentence. Pure.
 */
export function toolTrouble(text: string, recorded: boolean): string | undefined {
  if (recorded) {
    const counts = /Samples: (\d+) Errors: (\d+)/.exec(text);
    const [good, bad] = [Number(counts?.[1] ?? 0), Number(counts?.[2] ?? 0)];
    const sentences: string[] = [];
    if (bad > toldShare * (good + bad)) sentences.push(`${Math.round((100 * bad) / (good + bad))} % of the looks failed`);
    if (/behind in sampling/.test(text)) sentences.push('the sampler could not keep up: take a lower --rate');
    const note = /^Note: (.*)$/m.exec(text)?.[1];
    if (note !== undefined) sentences.push(note);
    return sentences.length === 0 ? undefined : sentences.join('; ');
  }
  // Austin begins with a picture what it has to say.
  const error = (/^Error: (.*)$/m.exec(text) ??
    /^\p{Extended_Pictographic} ((?:Cannot|It looks|Insufficient|.*permission)[^.]*)/mu.exec(text))?.[1];
  if (error === undefined) return undefined;
  const causes = /^Caused by:\n((?:\s+.*\n?)+)/m.exec(text)?.[1]?.split('\n') ?? [];
  const reason = causes.map((line) => line.replace(/^\s*(?:\d+: )?/, '').trim()).find((line) => line !== '');
  const first = error.trim().replace(/\s+/g, ' ').replace(/\.$/, '');
  return reason === undefined || reason === first ? first : `${first}: ${reason.replace(/\.$/, '')}`;
}
