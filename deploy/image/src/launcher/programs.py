"""What runs: one file per program in `programs/`; a file more is a program more."""

import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path

from launcher.failures import LaunchError

IMAGE = Path(__file__).parents[2]

# An embedded server runs unless this variable names an outside one.
SWITCHES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "seaweedfs": "S3_ENDPOINT"}


def embedded_servers(environ: Mapping[str, str]) -> list[str]:
    """The servers that nobody named an outside one for."""
    return [server for server, switch in SWITCHES.items() if not environ.get(switch)]


def services(folder: Path) -> list[str]:
    """Our own programs."""
    return sorted(file.stem for file in folder.glob("*.conf") if file.stem not in SWITCHES)


def install(source: Path, run: Path, groups: Mapping[str, list[str]]) -> None:
    """Put the supervisor's configuration and the wanted programs into the run folder.

    Groups stop one after the other, last first, the programs of a group all at once.
    """
    target = run / "programs"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700)
    shutil.copy(IMAGE / "supervisord.conf", run)
    for name in itertools.chain(*groups.values()):
        file = source / f"{name}.conf"
        if not file.exists():
            raise LaunchError(f"there is no program {name}: {', '.join(services(source))} are known")
        shutil.copy(file, target)
    sections = (
        f"[group:{group}]\nprograms={','.join(names)}\npriority={10 * place}\n"
        for place, (group, names) in enumerate(groups.items(), start=1)
    )
    (target / "groups.conf").write_text("\n".join(sections))
