"""Advisory locks on files, and who is alive."""

import fcntl
import os


def try_lock(file: int) -> bool:
    """Take the lock of an open file; False when somebody has it. It lasts as long as any copy of the descriptor."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_alive(pid: int) -> bool:
    """Whether a process with this number exists, be it ours or not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
