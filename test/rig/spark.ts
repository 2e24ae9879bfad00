/** Installs Spark, which judges the Parquet tables where it is there, and says where its interpreter is: `node test/rig/run.mjs spark`. */
import { onPath } from './install.js';
import { installSpark } from './sqlEngines.js';

const python = onPath('python3');
if (python === undefined) throw new Error('Python 3 is needed, and was not found on PATH.');
if (onPath('java') === undefined && !process.env.JAVA_HOME) console.log('Spark needs Java 17 or newer: put it on PATH, or set JAVA_HOME.');
console.log(await installSpark(python, (line) => console.log(line)));
