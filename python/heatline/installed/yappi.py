"""yappi: every call of every thread, by CPU time, or by wall time."""

import sys

import yappi


class Tool:
    def __init__(self, host):
        self.host = host
        yappi.set_clock_type(host.options.mode or "cpu")

    def start(self):
        yappi.start(builtins=True)

    def stop(self):
        yappi.stop()

    def forget(self):
        yappi.stop()
        yappi.clear_stats()

    def write(self, path):
        """A file for pstats. yappi's own exchanges all calls and primitive ones, so that recursive functions are wrong in it."""
        import marshal

        stats = yappi.get_func_stats()
        functions = {_key(each): [each.nactualcall, each.ncall, each.tsub, each.ttot, {}] for each in stats}
        for each in stats:
            for callee in each.children:
                edge = callee.ncall, callee.nactualcall, callee.tsub, callee.ttot
                figures = functions.get(_key(callee))
                if figures is None:
                    continue
                if self.host.is_ours(each.module):
                    figures[:4] = figures[0] - edge[1], figures[1] - edge[0], figures[2] - edge[2], figures[3] - edge[3]
                else:
                    figures[4][_key(each)] = edge
        self._leave_out_exec(functions)
        table = {key: tuple(figures) for key, figures in functions.items() if figures[1] > 0 and not self.host.is_ours(key[0])}
        with open(path, "wb") as file:
            marshal.dump(table, file)

    def _leave_out_exec(self, functions):
        """Of the calls of exec() those that began the program; those of imports stay, with the figures of their callers."""
        main = getattr(sys.modules["__main__"], "__file__", "<string>")
        for key in [key for key in functions if key[0] == "builtins" and key[2] == "exec"]:
            callers = functions[key][4]
            if callers:
                nc, cc, tt, ct = (sum(figures) for figures in zip(*callers.values()))
                functions[key][:4] = cc, nc, tt, ct
            else:
                del functions[key]
            for file, line, name in functions:
                if file == main and name == "<module>":
                    functions[file, line, name][4].pop(key, None)


def _key(stat):
    return stat.module, stat.lineno, stat.name
