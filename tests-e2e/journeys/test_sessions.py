"""What auth decides reaches every service and every open socket within a second."""

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator

import aiohttp
import pytest

from testkit import folders
from testkit.client import Listener, Person, Refused
from testkit.runs import Run
from testkit.waiting import running

SESSION_ENDED = 4003
WITHIN_SECONDS = 1.0
WINDOW_SECONDS = 1


@pytest.fixture(scope="module")
async def strict_run() -> AsyncGenerator[Run]:
    """A repeat of a refresh is forgiven for one second only, so that a replay need not be waited for."""
    folder = folders.make()
    run = Run(folder, AUTH_REFRESH_REPEAT_SECONDS=str(WINDOW_SECONDS))
    await asyncio.to_thread(run.start)
    yield run
    await asyncio.to_thread(run.end)
    shutil.rmtree(folder, ignore_errors=True)


async def seconds_until_closed(listener: Listener, listening: "asyncio.Task[None]") -> float:
    started = time.monotonic()
    await asyncio.wait_for(asyncio.shield(listening), 30)
    assert listener.closes == [SESSION_ENDED]
    return time.monotonic() - started


class TestARevokedSession:
    async def test_loses_its_sockets_within_a_second_of_logging_out(
        self, strict_run: Run, http: aiohttp.ClientSession
    ) -> None:
        ann = await Person.register(http, strict_run.url, "Ann")
        listener = Listener(ann, {f"account:{ann.id}": None})
        listening = asyncio.create_task(listener.run())
        await asyncio.wait_for(listener.watching.wait(), 30)

        await ann.call("POST", "/api/v1/auth/logout")

        assert await seconds_until_closed(listener, listening) < WITHIN_SECONDS
        with pytest.raises(Refused) as refused:
            await ann.call("GET", "/api/v1/spaces")
        assert refused.value.code == "session_ended"

    async def test_loses_its_sockets_when_a_stolen_refresh_token_is_replayed(
        self, strict_run: Run, http: aiohttp.ClientSession
    ) -> None:
        ann = await Person.register(http, strict_run.url, "Ann")
        stolen = ann.refresh_token
        await ann.refresh()
        listener = Listener(ann, {f"account:{ann.id}": None})
        listening = asyncio.create_task(listener.run())
        await asyncio.wait_for(listener.watching.wait(), 30)
        await asyncio.sleep(WINDOW_SECONDS + 0.5)  # the window is time itself

        with pytest.raises(Refused) as refused:
            await ann.call("POST", "/api/v1/auth/refresh", {"refresh_token": stolen})

        assert refused.value.status == 401
        assert await seconds_until_closed(listener, listening) < WITHIN_SECONDS


class TestANewName:
    async def test_is_shown_to_other_members_within_a_second(
        self, strict_run: Run, http: aiohttp.ClientSession
    ) -> None:
        ann = await Person.register(http, strict_run.url, "Ann")
        bob = await Person.register(http, strict_run.url, "Bob")
        space, _ = await ann.make_space("Names")
        await bob.accept(await ann.invite(space))
        listener = Listener(bob, {f"space:{space.id}": None})

        async with running(listener.run()):
            await asyncio.wait_for(listener.watching.wait(), 30)
            started = time.monotonic()
            await ann.call("PATCH", "/api/v1/auth/me", {"display_name": "Anna"})
            await listener.until(
                lambda: any(
                    frame["type"] == "member_updated" and frame["data"]["user"]["display_name"] == "Anna"
                    for frame in listener.events
                )
            )

        assert time.monotonic() - started < WITHIN_SECONDS
