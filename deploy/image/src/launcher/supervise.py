"""supervisord, made to end with its launcher, and to say by its exit code whether a program was beyond help."""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from supervisor import supervisord

from embedded.identity import die_with_parent

FATAL_FILE = "fatal"
_OPEN_FILES = 65_536
_PR_SET_CHILD_SUBREAPER = 36


def main(run: Path) -> int:
    """Run it in the foreground; 1 when the exit listener ended it, 0 when it was told to stop."""
    die_with_parent(signal.SIGTERM)
    _adopt_orphans()
    _raise_open_files()
    os.umask(0o077)
    untyped: Any = supervisord
    untyped.main(["--nodaemon", "--configuration", str(run / "supervisord.conf")])
    return 1 if (run / FATAL_FILE).exists() else 0


def _adopt_orphans() -> None:
    """What a killed server had forked becomes a child of ours, which supervisord reaps: nothing stays a zombie."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _raise_open_files() -> None:
    """Every socket of the gateway is an open file, and many machines begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
