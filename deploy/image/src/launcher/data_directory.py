"""DATA_DIR: its folders, and the lock that makes a run the only one on it."""

import hashlib
import os
import signal
import time
from pathlib import Path

import msgspec

from embedded.identity import Identity
from embedded.locks import is_alive, try_lock
from launcher.failures import LaunchError

_LEFTOVER_SECONDS = 40.0
# What a folder of ours has, however little of it was copied.
_IGNORED = {"lost+found", ".gitkeep"}
_MARKS = ("run/lock", "run/settings", "ports.json", "secrets/auth-master.key")
# Where server data go when the unprivileged user can't pass the folders above DATA_DIR.
REACHABLE = Path("/var/lib/guildhall")


class DataDirectory(msgspec.Struct, frozen=True):
    """Where one installation keeps what it has."""

    folder: Path

    @property
    def run(self) -> Path:
        """Pids, the lock, the supervisor's files: nothing that outlives a run."""
        return self.folder / "run"

    @property
    def log(self) -> Path:
        """One log per program."""
        return self.folder / "log"

    @property
    def secrets(self) -> Path:
        """Generated passwords and keys."""
        return self.folder / "secrets"

    @property
    def settings(self) -> Path:
        """What each program of the present run was given: a file for `run-program`, read by its owner only."""
        return self.run / "settings"

    def make(self) -> None:
        """Make the folders; only their owner can look inside. A folder with something else in it is refused."""
        # Root's servers run as another user, who has to pass (but not to list) this folder.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            self._refuse_foreign()
            if not self.folder.exists():
                self.folder.mkdir(parents=True)
                self.folder.chmod(mode)
            for folder in (self.run, self.log, self.secrets, self.settings):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise LaunchError(
                f"{self.folder} can't be used: {problem.strerror}; name another with DATA_DIR="
            ) from problem
        for folder in (self.folder, self.run, self.log, self.secrets):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise LaunchError(f"{folder} is not writable: start as its owner, or name another with DATA_DIR=")

    def _refuse_foreign(self) -> None:
        if not self.folder.exists() or any((self.folder / mark).exists() for mark in _MARKS):
            return
        found = sorted(entry.name for entry in self.folder.iterdir() if entry.name not in _IGNORED)
        if found:
            raise LaunchError(
                f"{self.folder} is not empty and not a data folder of Guildhall (it holds {', '.join(found[:3])}): "
                "name an empty or a new folder with DATA_DIR="
            )

    def servers(self) -> Path:
        """The folder of the embedded servers' data, resolved; elsewhere if they could not reach it here."""
        link = self.folder / "servers"
        if not link.exists():
            blocked = Identity.choose(link).blocked_at(link / "postgres")
            if blocked is None:
                link.mkdir(mode=0o711)
            else:
                link.symlink_to(_elsewhere(self.folder), target_is_directory=True)
        return link.resolve() if link.is_symlink() else link

    def lock(self, *, url: str) -> int:
        """Be the only run here; the answer is the descriptor to hand on to the supervisor.

        The supervisor inherits it: the lock is free only when that, too, is gone. So a run that was killed can be told
        from one that is alive, and its leftovers are waited for.
        """
        file = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + _LEFTOVER_SECONDS
        while not try_lock(file):
            pid, _, address = os.pread(file, 1000, 0).decode().partition(" ")
            if pid and _is_launcher(int(pid)):
                raise LaunchError(
                    f"a run is under way already: process {pid}, {address}; stop it with Ctrl-C there or `kill {pid}`"
                )
            if time.monotonic() > until:
                raise LaunchError(f"programs of a killed run did not stop: see {self.run}/*.pid, end them, try again")
            self._stop_leftovers()
            time.sleep(0.1)
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()} {url}".encode(), 0)
        return file

    def address_of_run(self) -> str:
        """Where the present run is reached; empty when there is none."""
        try:
            file = os.open(self.run / "lock", os.O_RDWR)
        except OSError:
            return ""
        try:
            return "" if try_lock(file) else os.pread(file, 1000, 0).decode().partition(" ")[2]
        finally:
            os.close(file)

    def forget_pids(self) -> None:
        """Remove what an earlier run noted: after a power cut the numbers are other processes'."""
        for file in self.run.glob("*.pid"):
            file.unlink()

    def pids(self) -> dict[str, int]:
        """The programs that are alive, by name."""
        found = {file.stem: int(file.read_text() or 0) for file in self.run.glob("*.pid")}
        return {name: pid for name, pid in found.items() if pid and is_alive(pid)}

    def _stop_leftovers(self) -> None:
        supervisor = self.pids().get("supervisord")
        if supervisor is not None and _is_launcher(supervisor):
            os.kill(supervisor, signal.SIGTERM)


def _elsewhere(folder: Path) -> Path:
    place = REACHABLE / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    return place


def _is_launcher(pid: int) -> bool:
    """Alive, and not another process that was given the number of a launcher that is gone."""
    command = Path("/proc", str(pid), "cmdline")
    return is_alive(pid) and (not command.parent.parent.exists() or b"launcher" in command.read_bytes())
