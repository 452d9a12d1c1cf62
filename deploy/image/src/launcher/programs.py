"""What runs: one file per program in `programs/`; a file more is a program more."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from launcher.failures import LaunchError

IMAGE = Path(__file__).parents[2]

# An embedded server runs unless this variable names an outside one.
SWITCHES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "seaweedfs": "S3_ENDPOINT"}


def embedded_servers(environ: Mapping[str, str]) -> list[str]:
    """The servers that nobody named an outside one for."""
    return [server for server, switch in SWITCHES.items() if not environ.get(switch)]


def services(folder: Path) -> list[str]:
    """Our own programs, the gateway last: it is ready when the others are."""
    names = sorted(file.stem for file in folder.glob("*.conf") if file.stem not in SWITCHES)
    return sorted(names, key=lambda name: name == "gateway")


def install(source: Path, run: Path, names: Iterable[str]) -> None:
    """Put the supervisor's configuration and the wanted programs into the run folder."""
    target = run / "programs"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700)
    shutil.copy(IMAGE / "supervisord.conf", run)
    for name in names:
        file = source / f"{name}.conf"
        if not file.exists():
            raise LaunchError(f"there is no program {name}: {', '.join(services(source))} are known")
        shutil.copy(file, target)
