"""A server as a subprocess of ours: for tests, and for whoever needs one for a while."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from embedded import ports, seaweedfs
from embedded.failures import EmbeddedError
from embedded.kinds import KINDS, KindName

_POLL_SECONDS = 0.02
_LOG_LINES = 5


class Server:
    """One embedded server; it ends with the process that made it, however that ends."""

    def __init__(self, kind: KindName, folder: Path, *, port: int | None = None, fsync: bool = True) -> None:
        self.kind: KindName = kind
        self.data = folder / kind
        self.secrets = folder / "secrets"
        self.log = folder / f"{kind}.log"
        self.port = port or ports.choose(1)[0]
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's own process id."""
        return self._running().pid

    @property
    def url(self) -> str:
        """Its address, with the password where the address carries one."""
        return KINDS[self.kind].url(self.port, secrets=self.secrets)

    def start(self, *, timeout: float = 30) -> None:
        """Start it and return when it answers; raises EmbeddedError with its last words otherwise."""
        self.begin()
        self.wait_until_ready(timeout=timeout)

    def begin(self) -> None:
        """Start it without waiting: several can get ready at the same time."""
        if self._process is not None and self._process.poll() is None:
            raise EmbeddedError(f"{self.kind} on port {self.port} runs already")
        place = ["--data", str(self.data), "--port", str(self.port), "--secrets", str(self.secrets)]
        flags = ["--die-with-parent", *([] if self._fsync else ["--no-fsync"])]
        self.log.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "embedded", self.kind, *place, *flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop it in our own time
            )

    def wait_until_ready(self, *, timeout: float = 30) -> None:
        """Return when it answers."""
        process = self._running()
        until = time.monotonic() + timeout
        while not KINDS[self.kind].is_ready(self.port):
            if process.poll() is not None:
                raise EmbeddedError(self.last_words())
            if time.monotonic() > until:
                self.kill()
                raise EmbeddedError(f"{self.kind} did not answer within {timeout:g} s: {self.last_words()}")
            time.sleep(_POLL_SECONDS)

    def stop(self, *, timeout: float = 20) -> None:
        """Ask it to end and wait; what it has acknowledged is on disk."""
        process = self._running()
        process.send_signal(signal.SIGCONT)
        process.send_signal(KINDS[self.kind].stop_signal)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired as problem:
            self.kill()
            raise EmbeddedError(f"{self.kind} did not stop within {timeout:g} s and was killed") from problem

    def kill(self) -> None:
        """`kill -9`: as a crash, or as the quickest end when the data are thrown away."""
        process = self._running()
        process.kill()
        process.wait()

    def close(self) -> None:
        """End it, whatever state it is in, when its data are not needed any more."""
        if self._process is None or self._process.poll() is not None:
            return
        self.kill()
        if self.kind == "seaweedfs":
            seaweedfs.remove_sockets(self.data)

    def restart(self) -> None:
        """Stop it if it runs, then start it on the same data and port."""
        if self._running().poll() is None:
            self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing answers."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._running().send_signal(signal.SIGCONT)

    def last_words(self) -> str:
        """The end of its log on one line."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-_LOG_LINES:])

    def secret(self, name: str) -> str:
        """One of the generated secrets, by the name of its file."""
        return (self.secrets / name).read_text().strip()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EmbeddedError(f"{self.kind} was never started")
        return self._process
