"""One running system, as `make run` starts it."""

import shutil
from collections.abc import Generator

import pytest

from testkit import folders
from testkit.runs import Run

SETTINGS = {
    "CONTROL_BOT_DISCORD_TOKEN": "not-a-token",
    "RECORDER_BOT_DISCORD_TOKENS": "MTIzNDU2Nzg5MDEyMzQ1Njc4.G.s",
    "RECORDER_BOT_DISCORD_REST_URL": "http://127.0.0.1:1",
    "GATEWAY_WEB_FOLDER": "/nonexistent",  # the page that stands where no web client is built
}


@pytest.fixture(scope="package")
def run() -> Generator[Run]:
    """With Discord away, and a token for the other bot that is none."""
    folder = folders.make()
    system = Run(folder)
    system.start(**SETTINGS)
    yield system
    system.end()
    shutil.rmtree(folder, ignore_errors=True)
