"""Being told to stop."""

import signal
import threading
from types import FrameType


class Stop:
    """Ctrl-C, SIGTERM, or the terminal closed: all mean the same."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def wait(self, seconds: float) -> bool:
        """Whether a stop was asked for, after at most this long."""
        return self._asked.wait(seconds)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()
