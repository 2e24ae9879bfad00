/** What stands in place of a secret. */
const MASK = '•••';

/** Names of options and variables whose value is nobody's business. */
const SECRET_NAME =
  /(?:^|[^a-z])(?:pass(?:word|wd|phrase)?|pwd|secrets?|tokens?|api[-_]?keys?|access[-_]?keys?|private[-_]?keys?|credentials?|auth(?:orization)?|bearer|dsn|cookies?|signature)(?:$|[^a-z])/i;
/** Names whose value is a file or a switch, and no secret. */
const HARMLESS_NAME = /(?:file|path|dir|url|type|ttl|timeout|expir\w*|name|len(?:gth)?|count|max|min|limit|backend|enabled)$/i;
/** Values that are secrets by their own look: keys of well-known makers, JSON web tokens, long random words. */
const SECRET_VALUE =
  /\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_\w]{8,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}|\bA(?:KI|SI)A[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bhf_\w{20,}|\bnpm_\w{20,}|\bpypi-[\w-]{20,}/g;

/** A command line with everything masked that looks like a secret, for showing and for logs; words stay words. Pure. */
export function maskSecrets(argv: readonly string[]): string[] {
  let next = false;
  return argv.map((word, index) => {
    const option = /^--?[A-Za-z]/.test(word) || /^\/[A-Za-z][\w-]*$/.test(word);
    if (next && !(option && !word.includes('='))) {
      next = false;
      return MASK;
    }
    next = false;
    const assigned = /^([^=\s]+)=(.*)$/s.exec(word);
    if (assigned && index > 0 && isSecretName(assigned[1]!)) return assigned[2] === '' ? word : `${assigned[1]}=${MASK}`;
    if (option && !assigned && isSecretName(word)) {
      next = true;
      return word;
    }
    return maskInside(word);
  });
}

function isSecretName(name: string): boolean {
  const plain = name.replace(/([a-z])([A-Z])/g, '$1-$2');
  return SECRET_NAME.test(plain) && !HARMLESS_NAME.test(plain);
}

/** Passwords of addresses, fields of queries and headers, and words that are secrets by their look. */
function maskInside(word: string): string {
  return word
    .replace(/([a-z][\w+.-]*:\/\/[^\s/:@]*):([^\s/@]+)@/gi, `$1:${MASK}@`)
    .replace(/([?&;]([\w-]+)=)([^&;\s]+)/g, (all, head: string, name: string) => (isSecretName(name) ? head + MASK : all))
    .replace(/\b((?:proxy-)?authorization|x-api-key|cookie)\s*:\s*.+$/gi, `$1: ${MASK}`)
    .replace(/\b(Bearer|Basic)\s+[\w+/=.~-]{8,}/g, `$1 ${MASK}`)
    .replace(/\b([\w-]+)=("[^"]*"|'[^']*'|[^\s,;&"']+)/g, (all, name: string) => (isSecretName(name) ? `${name}=${MASK}` : all))
    .replace(SECRET_VALUE, MASK);
}
