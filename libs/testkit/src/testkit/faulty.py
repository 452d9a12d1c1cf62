"""`FAULTS_FOLDER=… python -m testkit.faulty <module> serve`: a service whose background steps fail when told to.

A file in the folder that is named like a worker makes its next step raise what the file says, and is gone with it.
"""

import os
import runpy
import sys
from pathlib import Path
from typing import Final

from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.background import Supervisor, Worker

FAULTS: Final[dict[str, Exception]] = {
    "bug": KeyError("thrown on purpose"),
    "outage": ConnectionError("thrown on purpose"),
    "pool": PoolTimeout("thrown on purpose"),
}


class Faults:
    """Throws what lies in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def throw(self, worker: Worker) -> None:
        path = self._folder / worker.name
        if path.exists():
            fault = FAULTS[path.read_text()]
            path.unlink()
            raise fault


def main() -> None:
    faults = Faults(Path(os.environ["FAULTS_FOLDER"]))

    def before_step(self: Supervisor, worker: Worker) -> None:  # noqa: ARG001  the method that it stands for has it
        faults.throw(worker)

    Supervisor.before_step = before_step
    module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    main()
