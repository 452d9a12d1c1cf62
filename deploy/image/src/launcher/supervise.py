"""supervisord, made to end with its launcher, and to say by its exit code whether a program was beyond help."""

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


def main(run: Path) -> int:
    """Run it in the foreground; 1 when the guard ended it, 0 when it was told to stop."""
    die_with_parent(signal.SIGTERM)
    _raise_open_files()
    os.umask(0o077)
    untyped: Any = supervisord
    untyped.main(["--nodaemon", "--configuration", str(run / "supervisord.conf")])
    return 1 if (run / FATAL_FILE).exists() else 0


def _raise_open_files() -> None:
    """Every socket of the gateway is an open file, and many machines begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
