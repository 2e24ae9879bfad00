/** Must be the first import of the page: texts that are made when a module is loaded have their language then. */
import { useTexts } from '../../src/core/l10n.js';
import { host } from './boot.js';

// Without an answer the page speaks English.
useTexts(await host.request('texts', {}).catch(() => null));
