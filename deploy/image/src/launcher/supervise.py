"""supervisord, made to end with its launcher, and to say by its exit code whether a program was beyond help."""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from supervisor import loggers, supervisord

from embedded.identity import die_with_parent
from launcher.failures import FATAL_FILE

_OPEN_FILES = 65_536
_PR_SET_CHILD_SUBREAPER = 36


def main(run: Path) -> int:
    """Run it in the foreground; 1 when the exit listener ended it, 0 when it was told to stop."""
    die_with_parent(signal.SIGTERM)
    _adopt_orphans()
    _raise_open_files()
    _lose_lines_rather_than_stop()
    os.umask(0o077)
    untyped: Any = supervisord
    untyped.main(["--nodaemon", "--configuration", str(run / "supervisord.conf")])
    return 1 if (run / FATAL_FILE).exists() else 0


def _adopt_orphans() -> None:
    """What a killed server had forked becomes a child of ours, which supervisord reaps: nothing stays a zombie."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _lose_lines_rather_than_stop() -> None:
    """On a full disk supervisor prints a traceback for each line that it can't write: where nobody reads its standard
    error, it waits there for ever, and with it every program that writes to its log.
    """
    untyped: Any = loggers
    roll_over = untyped.RotatingFileHandler.doRollover

    def handle_error(_: object) -> None:
        return None

    def roll_over_if_possible(handler: object) -> None:
        with suppress(OSError, ValueError):
            roll_over(handler)

    untyped.Handler.handleError = handle_error
    untyped.RotatingFileHandler.doRollover = roll_over_if_possible


def _raise_open_files() -> None:
    """Every socket of the gateway is an open file, and many machines begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
