import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** Where a page's files lie; nothing else of the machine is readable from it. */
export const pageRoot = (extension: vscode.Uri): vscode.Uri => vscode.Uri.joinPath(extension, 'dist', 'webview');

/** The document of a profile page. No data is in it: the page asks when it is ready. */
export function pageHtml(webview: vscode.Webview, extension: vscode.Uri, language: string): string {
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(pageRoot(extension), name)).toString();
  const nonce = randomBytes(18).toString('base64url');
  const policy = [
    "default-src 'none'",
    `img-src ${webview.cspSource} data: blob:`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${/^[\w-]+$/.test(language) ? language : 'en'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file('profile.css')}">
<title>Heatline</title>
</head>
<body>
<div id="root"></div>
<script type="module" nonce="${nonce}" src="${file('profile.js')}"></script>
</body>
</html>`;
}
