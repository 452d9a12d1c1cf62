"""Coverage-guided fuzzing with atheris: `python -m testkit.fuzz MODULE... [--seconds 60]`.

Each of a module's `TARGETS` takes bytes and must not raise. Inputs begin with the target's seeds; what makes one raise
is kept in `var/fuzz/`, and the run fails: mend the code, and add the input to the seeds.
"""

import argparse
import importlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

Targets = Mapping[str, tuple[Callable[[bytes], None], Sequence[bytes]]]

INPUT_BYTES_MAX: Final = 2048
FOUND: Final = Path("var/fuzz")


def fuzz(module: str, name: str, *, seconds: int) -> None:
    """In this process, which ends with it: 0 when nothing was found."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["gateway", "messaging"]):
        targets: Targets = importlib.import_module(module).TARGETS
    target, seeds = targets[name]
    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="guildhall-fuzz-") as corpus:
        for number, seed in enumerate(seeds):
            Path(corpus, f"seed-{number}").write_bytes(seed)
        options = [f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}", "-verbosity=0", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={FOUND}/{name}-", corpus], target)
        atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testkit.fuzz")
    parser.add_argument("modules", nargs="+")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--target", help="this one only, in this process")
    given = parser.parse_args()
    if given.target:
        fuzz(given.modules[0], given.target, seconds=given.seconds)
    failed: list[str] = []
    for module in given.modules:
        for name in importlib.import_module(module).TARGETS:
            print(f"== {module}: {name}, {given.seconds} s", flush=True)
            command = [sys.executable, "-m", "testkit.fuzz", module, "--target", name, "--seconds", str(given.seconds)]
            if subprocess.run(command, check=False).returncode:
                failed.append(name)
    print(f"failed: {', '.join(failed)}; see {FOUND}/" if failed else "nothing found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
