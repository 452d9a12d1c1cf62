"""Programs load faster without the garbage collector: a `__main__` imports this first, and says when it is `done`."""

import gc

gc.disable()


def done() -> None:
    """What was loaded stays for good: the collector never looks at it again, which also makes its pauses shorter."""
    gc.freeze()
    gc.enable()
