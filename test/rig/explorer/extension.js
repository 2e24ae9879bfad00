// A test controller with the items that the Python extension would make of a file: file, class and function, each with its line.
const vscode = require('vscode');

exports.activate = async (context) => {
  const controller = vscode.tests.createTestController('python-tests', 'Python (tests)');
  context.subscriptions.push(controller);
  controller.createRunProfile('Run', vscode.TestRunProfileKind.Run, () => undefined, true);
  for (const uri of await vscode.workspace.findFiles('**/test_*.py')) {
    const file = controller.createTestItem(uri.fsPath, uri.path.split('/').at(-1), uri);
    controller.items.add(file);
    const lines = Buffer.from(await vscode.workspace.fs.readFile(uri))
      .toString('utf8')
      .split('\n');
    lines.forEach((line, at) => {
      const name = /^def (test\w*)/.exec(line)?.[1];
      if (!name) return;
      const item = controller.createTestItem(`${uri.fsPath}::${name}`, name, uri);
      item.range = new vscode.Range(at, 0, at, line.length);
      file.children.add(item);
    });
  }
};
