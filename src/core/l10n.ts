/**
 * Texts for people, in their language. English is what stands in the code; a table that maps it to another language is set once,
 * before anything else is loaded: from `vscode.l10n` in the extension, from the client's options in the server. Without one all is English.
 */
let texts: Readonly<Record<string, unknown>> = {};

/** @param table English text → text; what it lacks stays English. undefined for none */
export function useTexts(table: unknown): void {
  texts = typeof table === 'object' && table !== null ? (table as Readonly<Record<string, unknown>>) : {};
}

/** A text with its values put in: `t('{0} of {1}', done, all)`. The English text is the key, so it must be written out here. */
export function t(text: string, ...values: readonly unknown[]): string {
  const own = Object.hasOwn(texts, text) ? texts[text] : undefined;
  const found = typeof own === 'string' ? own : text;
  return values.length === 0
    ? found
    : found.replace(/\{(\d+)\}/g, (whole, at: string) => (Number(at) < values.length ? String(values[Number(at)]) : whole));
}
