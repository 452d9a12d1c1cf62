"""The folder that the servers of one test process live in."""

import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "guildhall-tests-"


def make() -> Path:
    """A temporary folder that an unprivileged server can pass (pytest's own can't be, as root)."""
    _remove_leftovers(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)
    return folder


def _remove_leftovers(parent: Path) -> None:
    """What a killed test run left: its servers ended with it, its files could not."""
    for folder in parent.glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)
