"""`python -m bench.first_hour`: how large an installation is, how soon it is ready, what it costs at rest.

It installs into a temporary folder (half a gigabyte), starts `make run`'s launcher from there twice, and looks at its
processes. `--write` puts the figures into docs/performance.md.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench import machine, report
from embedded import ports
from testkit import folders

ROOT: Final = Path(__file__).parents[1]
BEGIN: Final = "<!-- figures: written by python -m bench.first_hour -->"
END: Final = "<!-- end of the first hour's figures -->"
REST_SECONDS: Final = 30.0
TICKS: Final = os.sysconf("SC_CLK_TCK")


class Start(msgspec.Struct, frozen=True):
    """From the command to `ready`, and what its processes held some seconds later (PSS, by program)."""

    seconds: float
    cpu_seconds: float
    pss_mb: dict[str, float]


def main() -> int:
    """Print the figures; 0 when all was measured."""
    parser = argparse.ArgumentParser(prog="bench.first_hour", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    asked = parser.parse_args()
    folder = folders.make()
    try:
        sizes = {kind: install(folder / kind, kind) for kind in ("run", "all")}
        starts = [start(folder / "run", folder / "var") for _ in range(2)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = table(sizes, *starts)
    print(text)
    if asked.write:
        report.put(text, begin=BEGIN, end=END)
    return 0


def install(venv: Path, kind: str) -> int:
    """Make an environment of the locks; its size in MB."""
    subprocess.run([ROOT / "tools/setup", venv, kind], check=True, stdout=sys.stderr)
    said = subprocess.run(["du", "-sm", venv], check=True, capture_output=True, text=True).stdout
    return int(said.split()[0])


def start(venv: Path, data: Path) -> Start:
    """One run of everything that needs no Discord token."""
    environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(data), "PORT": str(ports.choose(1)[0])}
    begun = time.monotonic()
    process = subprocess.Popen(
        [venv / "bin/python", "-m", "launcher"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if process.stdout is None or not process.stdout.readline().startswith("ready"):
            raise RuntimeError("it does not start: try `make run`")
        seconds, cpu_seconds = time.monotonic() - begun, sum(map(cpu_of, tree_of(process.pid)))
        time.sleep(REST_SECONDS)
        return Start(seconds, cpu_seconds, memory_of(process.pid, data / "run"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def tree_of(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(file.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(file.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        found.append(one := waiting.pop())
        waiting += children.get(one, [])
    return found


def cpu_of(pid: int) -> float:
    """What a process has used, and those of its children that it has waited for, in seconds."""
    try:
        fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def memory_of(launcher: int, run: Path) -> dict[str, float]:
    """MB of PSS by program, what no program has being the launcher's own."""
    trees = {
        file.stem: tree_of(int(file.read_text())) for file in sorted(run.glob("*.pid")) if file.stem != "supervisord"
    }
    rest = set(tree_of(launcher)) - {pid for tree in trees.values() for pid in tree}
    return {name: round(sum(map(pss_of, tree)) / 1024, 1) for name, tree in {**trees, "launcher": list(rest)}.items()}


def pss_of(pid: int) -> int:
    """In KiB: its own memory, and its share of what it shares."""
    try:
        lines = Path("/proc", str(pid), "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def table(sizes: dict[str, int], cold: Start, second: Start) -> str:
    """In Markdown."""
    programs = ", ".join(f"{name} {pss:.0f}" for name, pss in second.pss_mb.items())
    circumstances = ", ".join(f"{name} {value}" for name, value in machine.describe().items())
    rows = {
        "installed by `make run`, MB": f"{sizes['run']}",
        "installed by `make test` and `make check`, MB": f"{sizes['all']}",
        "first start on an empty folder, seconds to ready": f"{cold.seconds:.1f} ({cold.cpu_seconds:.1f} CPU seconds)",
        "second start, seconds to ready": f"{second.seconds:.1f} ({second.cpu_seconds:.1f} CPU seconds)",
        "at rest without bots, MB of PSS": f"{sum(second.pss_mb.values()):.0f} ({programs})",
    }
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} with `python -m bench.first_hour`. Machine: {circumstances}.",
        "",
        "| what | figure |",
        "|---|---|",
        *(f"| {what} | {figure} |" for what, figure in rows.items()),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
