"""`make new-service` in a copy of the repository: what it makes is checked, tested and started like the others."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from chassis.settings import Secret
from embedded import ports
from testkit.waiting import eventually

ROOT = Path(__file__).parents[2]
NAME = "polls"


def environ_of(copy: Path) -> dict[str, str]:
    """The copy's sources come before those of the environment."""
    roots = [str(copy), *(str(root) for root in copy.glob("*/*/src"))]
    return os.environ | {"PYTHONPATH": os.pathsep.join(roots)}


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in the copy."""
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=copy, env=environ_of(copy), capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with one service more."""
    folder = tmp_path_factory.mktemp("new") / "guildhall"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    made = run(folder, "tools.new_service", NAME)
    assert made.returncode == 0, made.stderr
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


class TestNewService:
    def test_is_formatted_and_without_faults(self, copy: Path) -> None:
        for command in (["ruff", "check"], ["ruff", "format", "--check"], ["basedpyright"]):
            done = run(copy, *command, f"services/{NAME}", "libs/contracts")
            assert done.returncode == 0, done.stdout + done.stderr

    def test_keeps_the_arrows(self, copy: Path) -> None:
        command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
        done = subprocess.run(command, cwd=copy, env=environ_of(copy), capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stdout

    def test_has_the_anatomy(self, copy: Path) -> None:
        subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
        done = run(copy, "pytest", "tests-e2e/tidy/test_anatomy.py", "-q", "-n0", "-p", "no:cacheprovider", "-k", NAME)

        assert done.returncode == 0, done.stdout

    def test_passes_its_own_tests(self, copy: Path) -> None:
        done = run(copy, "pytest", f"services/{NAME}", "libs/contracts", "-q", "-n0", "-p", "no:cacheprovider")

        assert done.returncode == 0, done.stdout

    def test_leaves_the_gateways_documents_whole(self, copy: Path) -> None:
        done = run(copy, "pytest", "services/gateway/tests/test_asyncapi.py", "-q", "-n0", "-p", "no:cacheprovider")

        assert done.returncode == 0, done.stdout

    async def test_starts_and_answers(
        self, copy: Path, fresh_database: Callable[..., Awaitable[Secret]], redis_url: Secret
    ) -> None:
        (port,) = ports.choose(1)
        environ = {
            "DATABASE_URL": (await fresh_database()).reveal(),
            "REDIS_URL": redis_url.reveal(),
            "AUTH_URL": "http://127.0.0.1:1",
            f"{NAME.upper()}_PORT": str(port),
        }
        service = await asyncio.create_subprocess_exec(
            sys.executable, "-m", NAME, "serve", cwd=copy, env=environ_of(copy) | environ
        )
        try:
            await eventually(lambda: lives(port), seconds=30)
        finally:
            service.terminate()

        assert await service.wait() == 0

    @pytest.mark.parametrize("name", ["auth", "Polls", "re", "two words", "../escape", ""])
    def test_refuses_a_name_that_cannot_be(self, copy: Path, name: str) -> None:
        refused = run(copy, "tools.new_service", name)

        assert refused.returncode == 1
        assert "take" in refused.stdout
        assert "Traceback" not in refused.stderr

    @pytest.mark.parametrize("arguments", [[], ["two", "words"]])
    def test_asks_for_one_name(self, copy: Path, arguments: list[str]) -> None:
        refused = run(copy, "tools.new_service", *arguments)

        assert refused.returncode == 1
        assert "take one plain word" in refused.stdout


async def lives(port: int) -> bool:
    try:
        async with aiohttp.request("GET", f"http://127.0.0.1:{port}/livez") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False
