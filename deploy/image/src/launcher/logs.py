"""Reading the programs' logs: their end, and on."""

import os
import threading
from pathlib import Path
from typing import TextIO

from launcher.log_lines import translate

_POLL_SECONDS = 0.2


def last_lines(file: Path, count: int) -> list[str]:
    """The end of a log."""
    return file.read_text(errors="replace").splitlines()[-count:] if file.exists() else []


class Follower:
    """Writes what is added to some logs to one stream: whole lines, servers' as ours are, through rotations."""

    def __init__(self, files: list[Path], out: TextIO, *, pretty: bool = False, quiet_servers: bool = False) -> None:
        self._logs = {file.stem: _Log(file) for file in files}
        self._out = out
        self._pretty = pretty
        self._quiet_servers = quiet_servers
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        """Begin with what is written from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and end."""
        self._ending.set()
        self._thread.join()
        for log in self._logs.values():
            log.close()

    def _follow(self) -> None:
        while not self._ending.wait(_POLL_SECONDS):
            self._copy()
        self._copy()

    def _copy(self) -> None:
        for program, log in self._logs.items():
            for line in log.read_lines().splitlines(keepends=True):
                self._out.write(translate(program, line, pretty=self._pretty, quiet=self._quiet_servers))
        self._out.flush()


class _Log:
    """One file and how far it was read. Rotation renames it and begins a new one under the old name."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stream = file.open(errors="replace") if file.exists() else None
        self._rest = ""
        if self._stream is not None:
            self._stream.seek(0, 2)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def read_lines(self) -> str:
        text = self._rest + self._read()
        whole, newline, self._rest = text.rpartition("\n")
        return whole + newline

    def _read(self) -> str:
        old = self._stream.read() if self._stream is not None else ""
        if not self._was_replaced():
            return old
        if self._stream is not None:
            # What came between reading and rotation; nothing is added to a file that was rotated away.
            old += self._stream.read()
        self.close()
        self._stream = self._file.open(errors="replace")
        return old + self._stream.read()

    def _was_replaced(self) -> bool:
        if not self._file.exists():
            return False
        return self._stream is None or not os.path.samestat(self._file.stat(), os.fstat(self._stream.fileno()))
