/**
 * Parses the text of a launch configuration's `envFile`: `NAME=value` lines, `export ` allowed, `#` comments, single quotes literal,
 * double quotes with \n \t \" \\, and `${NAME}` taken from the lines above or from `base`. What is no assignment is skipped.
 */
export function parseEnvFile(text: string, base: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  const found = new Map<string, string>();
  const expand = (value: string) =>
    value.replace(/\\\$|\$\{([A-Za-z_]\w*)\}/g, (all, name: string | undefined) =>
      name === undefined ? '$' : (found.get(name) ?? base[name] ?? (all && '')),
    );
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (!match) continue;
    const [, name = '', raw = ''] = match;
    const single = /^'([^']*)'\s*(?:#.*)?$/.exec(raw);
    const double = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(raw);
    if (single) found.set(name, single[1] ?? '');
    else if (double) found.set(name, expand((double[1] ?? '').replace(/\\([nrt"\\])/g, (_, c: string) => ESCAPES[c] ?? c)));
    else found.set(name, expand(raw.replace(/\s+#.*$/, '').replace(/^#.*$/, '')));
  }
  return Object.fromEntries(found);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
