// A notebook controller in front of a real ipykernel, and the part of the Jupyter extension's API that Heatline uses. Never shipped.
const { spawn } = require('node:child_process');
const path = require('node:path');
const readline = require('node:readline');
const vscode = require('vscode');

/** A kernel of one notebook; `lines` go to kernel.py and come from it. */
class Kernel {
  constructor() {
    this.next = 1;
    this.pending = new Map();
    this.process = spawn(process.env.HEATLINE_HOST_PROFILERS, [path.join(__dirname, 'kernel.py')], { stdio: ['pipe', 'pipe', 'ignore'] });
    readline.createInterface({ input: this.process.stdout }).on('line', (line) => {
      const { id, type, ...rest } = JSON.parse(line);
      const request = this.pending.get(id);
      if (type !== 'done') return request?.output(type, rest);
      this.pending.delete(id);
      request?.done(rest.ok);
    });
    this.process.on('exit', () => {
      for (const request of this.pending.values()) request.done(false);
      this.pending.clear();
      this.dead = true;
    });
  }

  /** Resolves with whether the code ran to its end. */
  execute(code, output) {
    const id = this.next++;
    return new Promise((done) => {
      this.pending.set(id, { output, done });
      this.tell({ op: 'execute', id, code });
    });
  }

  tell(message) {
    this.process.stdin.write(`${JSON.stringify(message)}\n`);
  }
}

const kernels = new Map();
let lends = true;
const lent = [];

function kernelOf(notebook) {
  const key = notebook.uri.toString();
  const known = kernels.get(key);
  if (known && !known.dead) return known;
  const kernel = new Kernel();
  kernels.set(key, kernel);
  return kernel;
}

function outputOf(type, content) {
  const { NotebookCellOutput, NotebookCellOutputItem } = vscode;
  if (type === 'error')
    return new NotebookCellOutput([NotebookCellOutputItem.error({ name: content.name, message: content.message, stack: '' })]);
  return new NotebookCellOutput([NotebookCellOutputItem.text(content.text)]);
}

exports.activate = (context) => {
  const python = vscode.notebooks.createNotebookController('python', 'jupyter-notebook', 'Python (tests)');
  python.supportsExecutionOrder = true;
  let order = 0;
  python.executeHandler = async (cells, notebook) => {
    for (const cell of cells) {
      const execution = python.createNotebookCellExecution(cell);
      execution.executionOrder = ++order;
      execution.start(Date.now());
      await execution.clearOutput();
      const ok = await kernelOf(notebook).execute(cell.document.getText(), (type, content) =>
        execution.appendOutput(outputOf(type, content)),
      );
      execution.end(ok, Date.now());
    }
  };
  python.interruptHandler = (notebook) => kernels.get(notebook.uri.toString())?.tell({ op: 'interrupt' });
  const other = vscode.notebooks.createNotebookController('other', 'jupyter-notebook', 'Another language (tests)');
  other.executeHandler = async (cells) => {
    for (const cell of cells) {
      const execution = other.createNotebookCellExecution(cell);
      execution.start(Date.now());
      execution.end(true, Date.now());
    }
  };
  const end = () => {
    for (const kernel of kernels.values()) kernel.process.kill('SIGTERM');
  };
  context.subscriptions.push(python, other, { dispose: end });
  context.subscriptions.push(
    vscode.commands.registerCommand('kernelForTests.lend', (on) => {
      lends = on;
      return lent.splice(0);
    }),
    vscode.commands.registerCommand('kernelForTests.choose', (id = 'python') =>
      vscode.commands.executeCommand('notebook.selectKernel', { id, extension: 'ms-toolsai.jupyter' }),
    ),
    vscode.commands.registerCommand('kernelForTests.look', (notebook) => kernels.get(notebook.toString())?.tell({ op: 'look' })),
    vscode.commands.registerCommand('kernelForTests.end', (notebook) => kernels.get(notebook.toString())?.process.kill('SIGTERM')),
  );
  return {
    kernels: {
      getKernel: async (uri) => {
        const kernel = kernels.get(uri.toString());
        if (!lends || !kernel || kernel.dead) return undefined;
        return {
          language: 'python',
          async *executeCode(code) {
            lent.push(code);
            const outputs = [];
            await kernel.execute(code, (type, content) => outputs.push(outputOf(type, content)));
            yield* outputs;
          },
        };
      },
    },
  };
};
