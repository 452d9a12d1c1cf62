"""One running system for the journeys of a file, used only through its public doors."""

import shutil
from collections.abc import AsyncGenerator, Generator

import aiohttp
import pytest

from testkit import folders
from testkit.runs import Run


@pytest.fixture(scope="module")
def run() -> Generator[Run]:
    folder = folders.make()
    system = Run(folder)
    system.start()
    yield system
    system.end()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session
