"""What takes minutes, and root: a clone in a strange place that moves, and a disk that fills. By `make soak`."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from embedded import ports
from testkit import folders
from testkit.client import Person, Refused
from testkit.runs import Run
from testkit.waiting import eventually

ROOT = Path(__file__).parents[2]
RUN_TIME_MB_MAX = 800
"""Of .venv, after `make run`."""
FREE_BYTES_AT_START = 200 << 20


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    made = folders.make()
    yield made
    shutil.rmtree(made, ignore_errors=True)


class Clone:
    """A clone of this repository, used by `make`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = ports.choose(1)[0]

    def make_run(self) -> str:
        """Start it, wait until it is ready, stop it; what it printed."""
        environ = os.environ | {"PORT": str(self.port)}
        said: list[str] = []
        with subprocess.Popen(
            ["make", "run"], cwd=self.folder, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(line)
                if line.startswith("ready "):
                    os.kill(int((self.folder / "var/run/lock").read_text().split()[0]), signal.SIGTERM)
        assert process.returncode == 0, "".join(said)
        return "".join(said)


@pytest.mark.timeout(1200)
class TestClone:
    def test_runs_in_a_folder_with_a_space_and_after_it_was_moved(self, folder: Path) -> None:
        clone = Clone(folder / "my clone")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone.folder)], check=True)

        first = clone.make_run()
        size = subprocess.run(["du", "-sm", clone.folder / ".venv"], capture_output=True, text=True, check=True).stdout
        again = clone.make_run()
        clone.folder = clone.folder.rename(folder / "moved here")
        moved = clone.make_run()

        assert "packages are installed" in first
        assert "development mode" in first
        assert "could not be built" not in first
        assert int(size.split()[0]) < RUN_TIME_MB_MAX
        assert not list(clone.folder.glob(".venv/lib/*/site-packages/pytest"))
        assert "installing" not in again
        assert "installing what the locks name" in moved


@pytest.fixture
def small_disk(folder: Path) -> Generator[Path]:
    """1 GB of its own."""
    place = Path(tempfile.mkdtemp(dir=folder))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g,mode=711", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def small_run(small_disk: Path) -> Generator[Run]:
    """An installation that lives on it."""
    run = Run(small_disk)
    yield run
    run.end()


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def fill(disk: Path, *, leave: int) -> Path:
    """Leave so many bytes free."""
    file = disk / "filler"
    with file.open("wb", buffering=0) as stream, suppress(OSError):
        while (free := shutil.disk_usage(disk).free) > leave:
            stream.write(bytes(min(free - leave, 1 << 20)))
    return file


@pytest.mark.timeout(600)
class TestDisk:
    async def test_that_fills_is_said_with_503_and_all_is_well_when_there_is_room(
        self, small_run: Run, small_disk: Path, http: aiohttp.ClientSession
    ) -> None:
        run = small_run
        run.start()
        ann = await Person.register(http, run.url, "Ann")
        _, channel = await ann.make_space("The guild")
        statuses: set[int] = set()

        async def post(number: int) -> int:
            body = {"content": "x" * 4000, "nonce": str(number)}
            headers = {"authorization": f"Bearer {ann.access_token}"}
            url = f"{run.url}/api/v1/channels/{channel}/messages"
            async with http.post(url, json=body, headers=headers) as answer:
                if answer.status == 503:
                    assert int(answer.headers["retry-after"]) >= 1
                return answer.status

        filler = fill(small_disk, leave=0)
        for number in range(200):
            statuses.add(await post(number))
        filler.unlink()

        async def posts_again() -> bool:
            try:
                return bool(await ann.call("POST", f"/api/v1/channels/{channel}/messages", {"content": "ok"}))
            except Refused:
                return False

        await eventually(posts_again, seconds=60)
        assert statuses <= {201, 503}

    def test_with_little_room_stops_only_the_recorder_and_says_why(self, small_run: Run, small_disk: Path) -> None:
        filler = fill(small_disk, leave=FREE_BYTES_AT_START)
        process = small_run.start(
            RECORDER_BOT_DISCORD_TOKENS="MTIzNDU2Nzg5MDEyMzQ1Njc4.G.s",
            RECORDER_BOT_DISCORD_REST_URL="http://127.0.0.1:1",
            RECORDER_BOT_SPOOL_FREE_BYTES_MIN=str(1 << 30),
        )
        assert process.stderr is not None

        told = next(line for line in process.stderr if line.startswith("ready, but"))

        filler.unlink()
        assert "MiB are free for the spool" in told
