"""A run to start, watch and end, with stand-ins for the services."""

import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from testkit import folders
from testkit.runs import Run

_PROGRAMS = Path(__file__).parents[1] / "programs"
_STAND_IN = Path(__file__).with_name("stand_in.py")


def _write_programs(folder: Path, services: tuple[str, ...], *, tries: int) -> Path:
    """The real program files, with a stand-in for each service; `bot` is one that nothing waits for."""
    folder.mkdir()
    for name in ("postgres", "valkey", "seaweedfs"):
        shutil.copy(_PROGRAMS / f"{name}.conf", folder)
    pattern = (_PROGRAMS / "auth.conf").read_text().replace("startretries=10", f"startretries={tries}")
    for service in services:
        text = pattern.replace("-m auth serve", f'"{_STAND_IN}" {service}').replace("auth", service)
        (folder / f"{service}.conf").write_text(text + "only_with=BOT_TOKEN\n" * (service == "bot"))
    return folder


@pytest.fixture
def run_folder() -> Generator[Path]:
    """A folder that unprivileged servers can reach."""
    folder = folders.make()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_run(run_folder: Path) -> Generator[Callable[..., Run]]:
    """`make_run("auth", "gateway", LOG="stdout")`: a run of these services in this environment, not started yet."""
    made: list[Run] = []

    def make(*services: str, tries: int = 0, **environ: str) -> Run:
        programs = _write_programs(run_folder / f"programs-{len(made)}", services, tries=tries)
        made.append(Run(run_folder, PROGRAMS_DIR=str(programs), **environ))
        return made[-1]

    yield make
    for run in made:
        run.end()


@pytest.fixture
def whole_run(make_run: Callable[..., Run]) -> Run:
    """With all servers, as people have it."""
    return make_run("auth", "gateway")


@pytest.fixture
def run(make_run: Callable[..., Run]) -> Run:
    """With the one server that starts at once, where it is not servers that matter."""
    return make_run("auth", "gateway", DATABASE_URL="postgresql+asyncpg://a@b/c", S3_ENDPOINT="http://s")
