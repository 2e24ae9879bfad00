/**
 * Bundles beside dist/extension.js that are read from disk when they are first needed, so that activation stays small.
 * What they share with it are types and pure functions; each bundle has classes of its own (see `isUserError`).
 */
export const launching = (): typeof import('./launching.js') => require('./launching.js');
export const inCode = (): typeof import('./code/inCode.js') => require('./inCode.js');
export const languageClient = (): typeof import('./languageClient.js') => require('./languageClient.js');
export const production = (): typeof import('./production/production.js') => require('./production.js');
