"""What is starting and what is up: one list that is redrawn on a terminal, plain lines elsewhere."""

import time
from typing import TextIO

_MARKS = {"waiting": " ", "starting": "…", "ready": "✓", "failing": "!"}


class Progress:
    """The state of every program, as last told."""

    def __init__(self, programs: list[str], out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._states = dict.fromkeys(programs, "waiting")
        self._since = time.monotonic()
        self._drawn = 0

    def show(self, program: str, state: str) -> None:
        """A program is now `starting`, `ready` or `failing`."""
        if self._states[program] == state:
            return
        self._states[program] = state
        if self._live:
            self._draw()
        elif state != "starting":
            self._out.write(f"{program} is {state} ({time.monotonic() - self._since:.1f} s)\n")
            self._out.flush()

    def _draw(self) -> None:
        width = max(map(len, self._states))
        lines = [f"  {_MARKS[state]} {name:<{width}}  {state}\033[K\n" for name, state in self._states.items()]
        self._out.write(f"\033[{self._drawn}A" if self._drawn else "")
        self._out.writelines(lines)
        self._out.flush()
        self._drawn = len(lines)
