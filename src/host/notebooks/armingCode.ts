/**
 * The lines that let the recorder into a kernel. It is loaded under a name of its own, from our folder, and leaves no name behind: neither
 * among the modules nor among the user's variables.
 * @param pythonPackage folder that holds our package @param request absolute path of what python/heatline/kernel.py is to do
 */
export function armingCode(pythonPackage: string, request: string): string {
  return `# Heatline: waits for the cell that is to be profiled. This cell goes away by itself.
def __heatline__():
    import sys
    name, writes = "_heatline_kernel", sys.dont_write_bytecode
    package = type(sys)(name)
    package.__path__ = [${pythonText(`${pythonPackage}/heatline`)}]
    sys.dont_write_bytecode = True
    try:
        sys.modules[name] = package
        from _heatline_kernel.kernel import arm
    finally:
        sys.dont_write_bytecode = writes
        for each in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[each]
    arm(${pythonText(request)})
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
