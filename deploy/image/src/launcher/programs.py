"""What runs: one file per program in `programs/`; a file more is a program more."""

import configparser
import itertools
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from launcher.failures import LaunchError

IMAGE = Path(__file__).parents[2]

# An embedded server runs unless this variable names an outside one.
SWITCHES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "seaweedfs": "S3_ENDPOINT"}


class Program(msgspec.Struct, frozen=True):
    """What the launcher reads in a program's file; the rest is supervisor's."""

    name: str
    secrets: frozenset[str] = frozenset()
    """The shared secrets that it is given, such as `DATABASE_URL`."""
    default_port: int = 0
    """Where it listens when it is served apart and not told otherwise."""
    only_with: str = ""
    """It has a process only when this variable is set, and then nothing else waits for it."""


def embedded_servers(environ: Mapping[str, str]) -> list[str]:
    """The servers that nobody named an outside one for."""
    return [server for server, switch in SWITCHES.items() if not environ.get(switch)]


def services(folder: Path) -> list[str]:
    """Our own programs."""
    return sorted(file.stem for file in folder.glob("*.conf") if file.stem not in SWITCHES)


def read(folder: Path, name: str) -> Program:
    """What the file of a program says; raises LaunchError when there is none."""
    file = folder / f"{name}.conf"
    if not file.exists():
        raise LaunchError(f"there is no program {name}: {', '.join(services(folder))} are known")
    parser = configparser.RawConfigParser()
    parser.read(file)
    section = parser[f"program:{name}"]
    secrets = frozenset(section.get("shared_secrets", "").split())
    return Program(name, secrets, section.getint("default_port", 0), section.get("only_with", ""))


def install(source: Path, run: Path, groups: Mapping[str, Collection[str]]) -> None:
    """Write the supervisor's configuration, with the wanted programs, into the run folder.

    Groups stop one after the other, last first, the programs of a group all at once.
    """
    sections = [(IMAGE / "supervisord.conf").read_text()]
    sections += [(source / f"{name}.conf").read_text() for name in itertools.chain(*groups.values())]
    sections += [
        f"[group:{group}]\nprograms={','.join(names)}\npriority={10 * place}\n"
        for place, (group, names) in enumerate(groups.items(), start=1)
    ]
    (run / "supervisord.conf").write_text("\n".join(sections))
