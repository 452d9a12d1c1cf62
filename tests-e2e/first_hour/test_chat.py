"""`make chat` with input that nobody should type, and that somebody will."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest

from testkit.runs import Run


class Terminal:
    """A chat as a subprocess, and what it has printed."""

    def __init__(self, **environ: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "testkit.chat"],
            env={"PATH": os.environ["PATH"], **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.decode())

    def until(self, pattern: str) -> str:
        """The next line that has the pattern."""
        while not re.search(pattern, line := self._lines.get(timeout=20)):
            pass
        return line

    def rest(self) -> list[str]:
        """What it printed since, now that it has ended."""
        self.process.wait(20)
        self._reading.join()
        found: list[str] = []
        while not self._lines.empty():
            found.append(self._lines.get())
        return found

    def type(self, content: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(content)
        self.process.stdin.flush()

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self._reading.join()
        self.process.stdin.close()
        self.process.stdout.close()


Open = Callable[..., Terminal]


@pytest.fixture
def open_terminal() -> Generator[Open]:
    with ExitStack() as stack:

        def make(**environ: str) -> Terminal:
            terminal = Terminal(**environ)
            stack.callback(terminal.close)
            return terminal

        yield make


class TestChat:
    def test_goes_on_after_lines_that_can_not_be_sent(self, run: Run, open_terminal: Open) -> None:
        ann = open_terminal(URL=run.url, NAME="Ann B")
        code = ann.until("make chat CODE=").split("CODE=")[1].split()[0]
        bob = open_terminal(URL=run.url, NAME="Bob", CODE=code)
        bob.until("You are Bob, in Ann B's table #general")

        ann.type(b"x" * 5000 + b"\n")
        too_long = ann.until("not sent")
        ann.type(b"\xff\xfe\n")
        no_text = ann.until("not sent")
        ann.type("hello \x1b[2J é\n".encode())
        heard = bob.until("hello")

        assert "400 invalid_input" in too_long
        assert "4000" in too_long
        assert "not UTF-8" in no_text
        assert "Ann B: hello" in heard
        assert "\x1b" not in heard

    def test_shows_ones_own_line_once(self, run: Run, open_terminal: Open) -> None:
        ann = open_terminal(URL=run.url)
        code = ann.until("make chat CODE=").split("CODE=")[1].split()[0]
        bob = open_terminal(URL=run.url, CODE=code)
        bob.until("You are ")
        ann.type(b"only once\n")
        bob.until("Ann: only once")

        assert ann.process.stdin is not None
        ann.process.stdin.close()

        assert [line for line in ann.rest() if "only once" in line] == []
        assert ann.process.returncode == 0

    def test_ends_at_once_on_ctrl_c_while_a_line_is_being_written(self, run: Run, open_terminal: Open) -> None:
        ann = open_terminal(URL=run.url)
        ann.until("make chat CODE=")
        ann.type(b"half a li")

        ann.process.send_signal(signal.SIGINT)

        assert ann.process.wait(10) == 0
        assert not [line for line in ann.rest() if "Traceback" in line]

    @pytest.mark.parametrize(
        ("environ", "sentence"),
        [
            ({"URL": "localhost"}, "localhost is no address"),
            ({"URL": "http://"}, "http:// is no address"),
            ({"PORT": "1"}, "nothing answers at http://localhost:1: start it with `make run`"),
            ({"PORT": "http"}, "http://localhost:http is no address"),
        ],
    )
    def test_of_a_wrong_address_says_so_in_a_sentence(
        self, open_terminal: Open, environ: dict[str, str], sentence: str
    ) -> None:
        terminal = open_terminal(**environ)

        [told] = terminal.rest()

        assert sentence in told
        assert terminal.process.returncode == 1

    @pytest.mark.parametrize(
        ("environ", "reason"),
        [({"CODE": "no-such-invite"}, "404"), ({"NAME": "x" * 500}, "/display_name"), ({"NAME": " "}, "display_name")],
    )
    def test_that_is_refused_says_why(
        self, run: Run, open_terminal: Open, environ: dict[str, str], reason: str
    ) -> None:
        [told] = open_terminal(URL=run.url, **environ).rest()

        assert reason in told
        assert "Traceback" not in told
