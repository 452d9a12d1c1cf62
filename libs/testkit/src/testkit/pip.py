"""Programs of others for Python that cannot share an environment: each in a folder of its own, by a lock of its own."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

INSTALL_SECONDS_MAX: Final = 100


class PipFailed(Exception):
    """The packages could not be installed; the text is what pip said."""


def installed(lock: Path) -> Path:
    """The folder to put on the PYTHONPATH, once it has what the lock names and nothing else; what these depend on
    comes from the environment. One process at a time sees to that."""
    folder = Path(sys.prefix, "clients", lock.stem)
    installed_lock = folder / ".installed-lock.txt"
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not installed_lock.exists() or installed_lock.read_bytes() != lock.read_bytes():
            shutil.rmtree(folder, ignore_errors=True)
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            given = ["--require-hashes", "--no-deps", "--target", str(folder), "-r", str(lock)]
            done = subprocess.run(
                [*command, *given], capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS_MAX
            )
            if done.returncode != 0:
                raise PipFailed(f"pip could not install {lock.name}: {(done.stderr or done.stdout)[-2000:]}")
            shutil.copy(lock, installed_lock)
    return folder
