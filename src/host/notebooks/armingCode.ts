/**
 * The lines that let the recorder into a kernel, by `load` of python/heatline/__main__.py. They leave no name behind: neither among the
 * modules nor among the user's variables.
 * @param pythonPackage folder that holds our package @param request absolute path of what python/heatline/kernel.py is to do
 */
export function armingCode(pythonPackage: string, request: string): string {
  const entry = pythonText(`${pythonPackage}/heatline/__main__.py`);
  return `# Heatline: waits for the cell that is to be profiled. This cell goes away by itself.
def __heatline__():
    ours = {"__name__": "heatline", "__file__": ${entry}}
    with open(ours["__file__"], "rb") as file:
        exec(compile(file.read(), file.name, "exec", dont_inherit=True), ours)
    ours["load"]("kernel").arm(${pythonText(request)})
try:
    __heatline__()
finally:
    del __heatline__
`;
}

/** A Python literal; JSON's escapes are Python's, and what is beyond ASCII is spelt out. */
function pythonText(text: string): string {
  return JSON.stringify(text).replaceAll(/[^\x20-\x7e]/gu, (letter) => {
    const point = letter.codePointAt(0)!;
    return point > 0xffff ? `\\U${point.toString(16).padStart(8, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`;
  });
}
