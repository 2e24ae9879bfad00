"""Processes beside the program that are none of its children."""

import os
import sys
import time

ANSWER_SECONDS = 5.0


def fork_twice(life, answers):
    """Runs `life` in a process that is not our child (the program's os.wait() shall not meet it), and writes its number."""
    child = os.fork()
    if child:
        limit = time.monotonic() + ANSWER_SECONDS
        while not os.waitpid(child, os.WNOHANG)[0]:
            if time.monotonic() > limit:
                # Where threads run, a copy may hang in what others do after a fork.
                os.kill(child, 9)
                os.waitpid(child, 0)
                break
            time.sleep(0.0005)
        return
    try:
        helper = os.fork()
        if helper:
            os.write(answers, helper.to_bytes(4, "little"))
        else:
            life()
    except BaseException:
        pass  # nobody to tell; the program goes on without us
    finally:
        os._exit(0)


def allow_reading(helper):
    """Under Yama's scope 1 a process may be read by its parents only, unless it allows it to one other."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope") as file:
            if file.read().strip() != "1":
                return
    except OSError:
        return
    before = set(sys.modules)
    try:
        import ctypes

        ctypes.CDLL(None).prctl(0x59616D61, helper, 0, 0, 0)  # PR_SET_PTRACER
    except (ImportError, OSError, AttributeError):
        pass
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "ctypes":
            del sys.modules[name]
