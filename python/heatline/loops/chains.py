"""Where a task waits: from its own coroutine on, what each one awaits, down to where nothing of Python's is left."""

import gc


def _nothing():
    yield


async def _nothing_awaited():
    pass


async def _nothing_yielded():
    yield


GENERATOR, ASYNC_GENERATOR = type(_nothing()), type(_nothing_yielded())
_coroutine = _nothing_awaited()
COROUTINE = type(_coroutine)
_coroutine.close()
# What stands between an await and the coroutine or generator that it drives, and does not tell which that is.
WRAPPERS = frozenset(("async_generator_asend", "async_generator_athrow", "anext_awaitable", "coroutine_wrapper"))
DEEPEST = 200


def chain(coroutine):
    """(codes, byte offsets) of a suspended coroutine and of what it awaits, the outermost first."""
    codes, offsets = [], []
    for _ in range(DEEPEST):
        kind = type(coroutine)
        if kind is COROUTINE:
            frame, awaited = coroutine.cr_frame, coroutine.cr_await
        elif kind is GENERATOR:
            frame, awaited = coroutine.gi_frame, coroutine.gi_yieldfrom
        elif kind is ASYNC_GENERATOR:
            frame, awaited = coroutine.ag_frame, coroutine.ag_await
        elif kind.__name__ in WRAPPERS:
            coroutine = next((each for each in gc.get_referents(coroutine) if type(each) in (COROUTINE, GENERATOR, ASYNC_GENERATOR)), None)
            continue
        else:
            # Coroutines that are compiled tell as much as they want to.
            frame, awaited = getattr(coroutine, "cr_frame", None), getattr(coroutine, "cr_await", None)
        if frame is not None:
            codes.append(frame.f_code)
            offsets.append(frame.f_lasti)
        elif kind not in (COROUTINE, GENERATOR, ASYNC_GENERATOR):
            break
        coroutine = awaited
        if coroutine is None:
            break
    return codes, offsets


def stack_of(frame, end=None):
    """(codes, byte offsets) of a frame and those that called it, the outermost first; `end`: the code of the frame to stop before."""
    codes, offsets = [], []
    while frame is not None and frame.f_code is not end:
        codes.append(frame.f_code)
        offsets.append(frame.f_lasti)
        frame = frame.f_back
    return codes[::-1], offsets[::-1]
