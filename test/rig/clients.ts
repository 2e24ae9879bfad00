import { installEnvironment, pythonOf } from './environments.js';
import type { Say } from './install.js';

/** Profilers that send what they measure, OpenTelemetry's messages as Python has them, and LZ4. */
const clients = ['ddtrace==4.16.0', 'pyroscope-io==1.4.0', 'opentelemetry-proto==1.45.2', 'lz4==4.4.5'];

/** The interpreter of their virtual environment; it is there once {@link installClients} has made it. */
export const clientsPython = (): string => pythonOf('clients');

/** Installs them by pip into the cache, once; they are kept apart, since ddtrace reaches into every program and into pytest. Throws Error when that fails three times. */
export function installClients(python: string, say: Say): Promise<string> {
  const before = "Installing Datadog's and Pyroscope's profilers into the cache: 90 MB, once";
  return installEnvironment({ name: 'clients', packages: clients, options: ['--only-binary', ':all:'], before }, python, say);
}
