"""Supervisor's event listener: ends supervisord when a program is beyond help, as it would stay up without.

That is when supervisor has given it up (FATAL), or when it ended by itself too often in a while, which supervisor takes
for normal. Programs that nothing else waits for are let be.
"""

import os
import signal
import sys
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Final

from launcher.failures import FATAL_FILE

EXITS_MAX: Final = "UNEXPECTED_EXITS_MAX"
"""The setting: so many exits of one program within the window end the run."""
EXITS_MAX_DEFAULT: Final = 5
EXITS_SECONDS: Final = "UNEXPECTED_EXITS_SECONDS"
EXITS_SECONDS_DEFAULT: Final = 600.0
MAY_FAIL: Final = "MAY_FAIL"
"""The names of programs whose end ends nothing else, separated by blanks."""


class Exits:
    """When each program ended by itself, as far back as the window goes."""

    def __init__(self, *, count_max: int, seconds: float) -> None:
        self._count_max = count_max
        self._seconds = seconds
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def verdict(self, event: str, program: str, *, at: float) -> str:
        """Why the run has to end after this event; empty when it may go on. `at` is in seconds of any clock."""
        if event == "PROCESS_STATE_FATAL":
            return "is beyond help: it stopped at every new start"
        times = self._times[program]
        times.append(at)
        while times[0] < at - self._seconds:
            times.popleft()
        if len(times) < self._count_max:
            return ""
        return f"is beyond help: it ended {len(times)} times within {self._seconds / 60:g} minutes"


def main(run: Path) -> None:
    """Speak supervisor's event protocol: READY, one event in, RESULT out."""
    exits = Exits(
        count_max=int(os.environ.get(EXITS_MAX) or EXITS_MAX_DEFAULT),
        seconds=float(os.environ.get(EXITS_SECONDS) or EXITS_SECONDS_DEFAULT),
    )
    may_fail = set(os.environ.get(MAY_FAIL, "").split())
    while True:
        sys.stdout.write("READY\n")
        sys.stdout.flush()
        header = _fields(sys.stdin.readline())
        if not header:
            return
        event = _fields(sys.stdin.read(int(header["len"])))
        program = event["processname"]
        verdict = "" if program in may_fail else exits.verdict(header["eventname"], program, at=time.monotonic())
        if verdict and not (run / FATAL_FILE).exists():  # what ends later ends because of the first
            (run / FATAL_FILE).write_text(f"{program} {verdict}")
        sys.stdout.write("RESULT 2\nOK")
        sys.stdout.flush()
        if verdict:
            os.kill(os.getppid(), signal.SIGTERM)


def _fields(line: str) -> dict[str, str]:
    return dict(word.split(":", 1) for word in line.split())


if __name__ == "__main__":
    main(Path(os.environ["DATA_DIR"], "run"))
