"""Supervisor's event listener: ends supervisord when a program has gone FATAL, as it would stay up without."""

import os
import signal
import sys
from pathlib import Path

from launcher.supervise import FATAL_FILE


def main(run: Path) -> None:
    """Speak supervisor's event protocol: READY, one event in, RESULT out."""
    while True:
        sys.stdout.write("READY\n")
        sys.stdout.flush()
        header = _fields(sys.stdin.readline())
        if not header:
            return
        event = _fields(sys.stdin.read(int(header["len"])))
        (run / FATAL_FILE).write_text(event["processname"])
        sys.stdout.write("RESULT 2\nOK")
        sys.stdout.flush()
        os.kill(os.getppid(), signal.SIGTERM)


def _fields(line: str) -> dict[str, str]:
    return dict(word.split(":", 1) for word in line.split())


if __name__ == "__main__":
    main(Path(os.environ["DATA_DIR"], "run"))
