"""Programs of others for Node: the packages that a lock names, installed beside it."""

import fcntl
import shutil
import subprocess
from pathlib import Path
from typing import Final

INSTALL_SECONDS_MAX: Final = 100


class NpmFailed(Exception):
    """There is no npm, or it could not install; the text says what to do, or what npm said."""


def installed(folder: Path) -> Path:
    """The folder, once its packages are those of its `package-lock.json`; one process at a time sees to that."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NpmFailed("Node.js 20 or newer, with npm, is needed on the PATH")
    lock, installed_lock = folder / "package-lock.json", folder / "node_modules" / ".installed-lock.json"
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not installed_lock.exists() or installed_lock.read_bytes() != lock.read_bytes():
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS_MAX
            )
            if done.returncode != 0:
                raise NpmFailed(f"npm ci failed in {folder}: {(done.stderr or done.stdout)[-2000:]}")
            shutil.copy(lock, installed_lock)
    return folder
