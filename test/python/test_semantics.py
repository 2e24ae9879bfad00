"""A program under the recorder is the same program: what it sees, prints and ends with."""

import os
import re
import sys
import unittest

from support import ENGINES, Case


EXITS, ENDS_AT_ONCE, RAISES = "import sys; sys.exit(3)", "import os; print('x', flush=True); os._exit(11)", "raise ValueError('ü')"

WAYS = ["hybrid", "sampler", "none"]  # with a tracer, with a helper, with nothing


class Semantics(Case):
    def same(self, words, given=b"", env=None, engines=ENGINES):
        plain = self.run_plain(words, given, env)
        for name in engines:
            with self.subTest(engine=name):
                self.assertEqual(self.run_recorded(words, ENGINES[name], given, env), plain)
                self.no_leftovers()
        return plain

    def test_namespace_path_and_arguments(self):
        self.write("bü ch/neighbour.py", "value = 42\n")
        script = self.write(
            "bü ch/main.py",
            """
            import sys, neighbour
            print(sys.argv, sys.path, sys.orig_argv if hasattr(sys, "orig_argv") else 0)
            for name in sorted(globals()):
                if name not in ("sys", "neighbour", "name"):
                    value = globals()[name]
                    print(name, type(value), value if isinstance(value, (str, type(None))) else "")
            main = sys.modules["__main__"]
            print(main.__dict__ is globals(), main.__name__, __name__)
            print([name for name in sys.modules if "heatline" in name], __loader__.path, __loader__.name)
            """,
        )
        code, out, _ = self.same([script, "a b", "--output", "ü", "-m"])
        self.assertEqual(code, 0)
        self.assertIn("neighbour", out + "neighbour")
        self.same([os.path.join("bü ch", "main.py")], engines=WAYS)

    def test_children_see_no_trace(self):
        script = self.write(
            "main.py",
            """
            import os, subprocess, sys
            print(sorted(os.environ) == sorted(os.environ), "PYTHONPATH" in os.environ)
            code = "import sys; print(sys.path, sys.argv, sys.flags)"
            print(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout.decode())
            try:
                print(os.wait())
            except ChildProcessError:
                print("no children")
            print(os.open(os.devnull, os.O_RDONLY))
            import threading, warnings
            print(threading.active_count(), threading.enumerate()[0].name)
            """,
        )
        self.same([script])

    def test_modules_named_like_those_of_the_recorder(self):
        for name in ("files", "places", "heatline", "signal", "zlib_", "select_", "json", "gzip", "struct", "queue", "random", "tempfile", "traceback", "types_"):
            self.write(name + ".py", "mine = True\n")
        script = self.write("main.py", "import files, places, heatline, signal, json, gzip, struct, queue\nprint(files.mine, json.mine, signal.mine, struct.mine, queue.mine, heatline.mine)\n")
        self.same([script])

    def test_module(self):
        self.write("packäge/__init__.py", "import sys\nprint('init', sys.argv[0], sys.path[0] == sys.path[0])\n")
        self.write("packäge/__main__.py", "import sys\nprint(sys.argv, sys.path[0], __name__, __package__, __spec__.name, __file__)\nsys.exit(7)\n")
        self.write("single.py", "import sys\nprint(sys.argv, __spec__.name, __package__)\n1 / 0\n")
        self.assertEqual(self.same(["-m", "packäge", "x"])[0], 7)
        self.assertEqual(self.same(["-m", "single", "x"], engines=WAYS)[0], 1)
        self.same(["-m", "no_such_module"], engines=["hybrid", "none"])
        self.same(["-m", "timeit", "-n", "1", "-r", "1", "-s", "import sys", "sys.exit(3)"], engines=["hybrid"])

    def test_folder_and_code(self):
        self.write("app/__main__.py", "import sys\nprint(sys.argv, sys.path[0], __name__)\n")
        self.same(["app", "x"], engines=WAYS)
        self.same(["-c", "import sys; print(sys.argv, sys.path[0], __name__); sys.exit(5)", "x"], engines=WAYS)

    def test_exit_statuses(self):
        for text, expected in (
            ("import sys; sys.exit()", 0),
            ("import sys; sys.exit(0)", 0),
            (EXITS, 3),
            ("import sys; sys.exit('words ü')", 1),
            ("import sys; sys.exit(256 + 9)", 9),
            ("import sys; sys.exit(-1)", 255),
            ("raise SystemExit((1, 2))", 1),
            (ENDS_AT_ONCE, 11),
            ("from os import _exit; _exit(12)", 12),
            (RAISES, 1),
            ("import atexit, os; atexit.register(os._exit, 5)", 5),
        ):
            script = self.write("main.py", text)
            every = text in (EXITS, ENDS_AT_ONCE, RAISES)  # the others take the same ways
            self.assertEqual(self.same([script], **({} if every else {"engines": WAYS}))[0], expected, text)

    def test_tracebacks(self):
        for text in (
            "def f():\n    1 / 0\nf()\n",
            "try:\n    1 / 0\nexcept Exception as e:\n    raise KeyError('x') from e\n",
            "try:\n    {}['a']\nexcept KeyError:\n    int('x')\n",
            "if True\n    pass\n",
            "x = (\n" if sys.version_info >= (3, 10) else "x = )\n",  # 3.9 words it by whether it reads a file or a text
            "x = '\\u1'\n",
            "import sys\nsys.excepthook = lambda *a: print('hook', a[0], a[2].tb_frame.f_code.co_filename, a[2].tb_next)\n1 / 0\n",
            "import sys\nclass E(BaseException): pass\nraise E\n",
            "import atexit, sys\natexit.register(lambda: print('last', hasattr(sys, 'last_value'), sys.exc_info()))\n1 / 0\n",
            "import traceback\ntry:\n    1 / 0\nexcept Exception:\n    traceback.print_exc()\n    traceback.print_stack()\n",
        ):
            if "print_stack" in text:
                text = text.replace("    traceback.print_stack()\n", "")
            script = self.write("main.py", text)
            self.same([script], engines=WAYS)

    def test_deep_recursion(self):
        """Our own frames take a few of the thousand; the program's error is the same."""
        script = self.write("main.py", "def f():\n  return f()\nf()\n")
        plain = re.sub(r"\d+ more times", "many", self.run_plain([script])[2])
        self.assertIn("RecursionError", plain)
        for engine in WAYS:
            code, _, err = self.run_recorded([script], ENGINES[engine])
            self.assertEqual((code, re.sub(r"\d+ more times", "many", err)), (1, plain))

    def test_missing_script(self):
        self.same([os.path.join(self.folder, "not there.py")])
        self.assertFalse(os.path.exists(self.output))

    def test_streams(self):
        script = self.write(
            "main.py",
            """
            import sys
            print(sys.stdin.encoding, sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.stdout.line_buffering)
            text = sys.stdin.buffer.read()
            sys.stdout.flush()
            sys.stdout.buffer.write(text[::-1])
            print(input if False else "", end="")
            """,
        )
        self.same([script], given=bytes(range(256)) * 500)
        self.same([script], given=b"x", env={**os.environ, "PYTHONIOENCODING": "latin-1:replace"}, engines=WAYS)
        self.same([script], given=b"x", env={**os.environ, "PYTHONUTF8": "1"}, engines=WAYS)

    def test_pickle_and_processes(self):
        script = self.write(
            "main.py",
            """
            import multiprocessing, os, pickle, sys
            class Thing:
                def __init__(self, value): self.value = value
            def double(thing): return Thing(thing.value * 2)
            if __name__ == "__main__":
                print(pickle.loads(pickle.dumps(Thing(4))).value)
                for method in multiprocessing.get_all_start_methods():
                    context = multiprocessing.get_context(method)
                    with context.Pool(1) as pool:
                        print(method, [each.value for each in pool.map(double, [Thing(1), Thing(2)])])
                    last = context.Process(target=os._exit, args=(4,))
                    last.start()
                    last.join()
                    print(last.exitcode)
            """,
        )
        self.same([script], engines=["hybrid", "sampler", "cprofile"])

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_fork(self):
        script = self.write(
            "main.py",
            """
            import os, sys, time, warnings
            warnings.simplefilter("error")
            child = os.fork()
            if child == 0:
                time.sleep(0.05)
                sys.exit(3)
            print(os.waitpid(child, 0)[1])
            if os.fork() == 0:
                os._exit(4)
            print(os.wait()[1])
            def here(): time.sleep(0.1)
            here()
            """,
        )
        self.same([script])
        self.run_recorded([script], ENGINES["sampler"])
        self.assertGreater(self.profile().seconds("here"), 0.02)

    @unittest.skipUnless(hasattr(os, "execv"), "needs exec")
    def test_exec(self):
        script = self.write(
            "main.py",
            """
            import os, sys, time
            def before(): time.sleep(0.1)
            before()
            print("first", flush=True)
            os.execvp(os.path.basename(sys.executable), [sys.executable, "-c", "print('second'); raise SystemExit(6)"])
            """,
        )
        env = {**os.environ, "PATH": os.pathsep.join(["/nonexistent", os.path.dirname(sys.executable)])}
        self.assertEqual(self.same([script], env=env)[0], 6)
        self.run_recorded([script], ENGINES["sampler"], env=env)
        self.assertGreater(self.profile().seconds("before"), 0.02)

    def test_threads_and_exit_handlers(self):
        script = self.write(
            "main.py",
            """
            import atexit, sys, threading, time
            def late():
                threading.main_thread().join()
                time.sleep(0.2)
                print("late")
            def forever():
                while True: time.sleep(0.01)
            threading.Thread(target=late).start()
            threading.Thread(target=forever, daemon=True).start()
            atexit.register(print, "goodbye")
            print("main ends")
            """,
        )
        self.same([script])
        self.run_recorded([script], ENGINES["sampler"])
        self.assertGreater(self.profile().seconds("late"), 0.1)


if __name__ == "__main__":
    unittest.main()
