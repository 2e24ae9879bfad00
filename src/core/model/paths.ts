/** Whether a path is Windows' own, wherever it is read: `C:\app`, `c:/app`, `\\server\share`, and not relative. */
export function isWindowsPath(path: string): boolean {
  return /^(?:[a-z]:[\\/]|\\\\[^\\/])/i.test(path);
}

/** The path's components as they are compared: Windows takes `c:/App.py` and `C:\app.py` for one file. */
export function pathParts(path: string): string[] {
  return (isWindowsPath(path) ? path.toLowerCase() : path).split(/[\\/]/);
}
