"""Who runs a server: ourselves, or an unprivileged user when we are root."""

import ctypes
import os
import pwd
import shutil
import signal
import stat
import sys
from pathlib import Path
from typing import Self

import msgspec

from embedded.failures import EmbeddedError

_PR_SET_PDEATHSIG = 1


class Identity(msgspec.Struct, frozen=True):
    """A user as the kernel sees it; `drop` says that we have to become it first."""

    name: str
    uid: int
    gid: int
    drop: bool

    @classmethod
    def choose(cls, data: Path) -> Self:
        """Root becomes the owner of the data or `nobody`, whom every system has; everybody else stays who they are."""
        if os.geteuid() != 0:
            return cls(name=str(os.geteuid()), uid=os.geteuid(), gid=os.getegid(), drop=False)
        if shutil.which("setpriv") is None:
            raise EmbeddedError(
                "started as root, but `setpriv` is missing: install util-linux, or start as another user"
            )
        owner = data.stat().st_uid if data.exists() else 0
        user = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        return cls(name=user.pw_name, uid=user.pw_uid, gid=user.pw_gid, drop=True)

    def command(self, argv: list[str], *, dies_with_parent: signal.Signals | None = None) -> list[str]:
        """The command line that runs `argv` as this user; setpriv execs, so the pid stays the same."""
        if not self.drop:
            return argv
        # The kernel forgets the parent-death signal when the user changes, so setpriv sets it after that.
        death = [f"--pdeathsig={dies_with_parent.name.removeprefix('SIG')}"] if dies_with_parent else []
        rights = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", *rights, *death, "--", *argv]

    def own(self, folder: Path) -> Path:
        """Make a folder (its parents must exist) that this user alone can use."""
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            if self.drop:
                os.chown(folder, self.uid, self.gid)
        except OSError as problem:
            raise EmbeddedError(
                f"{folder} can't be used as data folder: {problem.strerror}; name another one"
            ) from problem
        if not os.access(folder, os.W_OK | os.X_OK):
            raise EmbeddedError(f"{folder} is not writable: change its owner, or name another data folder")
        return folder

    def give(self, file: Path) -> Path:
        """Hand over a file that we wrote for the server."""
        if self.drop:
            os.chown(file, self.uid, self.gid)
        return file

    def blocked_at(self, path: Path) -> Path | None:
        """The first parent folder of `path` that this user can't pass, if any."""
        if not self.drop:
            return None
        return next((folder for folder in reversed(path.absolute().parents) if not self._may_pass(folder)), None)

    def _may_pass(self, folder: Path) -> bool:
        try:
            status = folder.stat()
        except (FileNotFoundError, NotADirectoryError):
            return True
        if not stat.S_ISDIR(status.st_mode):
            return True
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def die_with_parent(death: signal.Signals) -> None:
    """Ask the kernel to send us this signal when our parent dies (Linux; it survives exec, not a change of user)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)
