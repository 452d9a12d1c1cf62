"""A stop is heeded, also where it comes disguised."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.exc import InterfaceError

from streams import ending
from streams.relay import Relay


class Masking:
    """An engine whose driver answers a cancel as if the connection had been cut."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Any]:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise InterfaceError("select 1", None, OSError("the underlying connection is closed")) from None
        yield


class TestAStop:
    async def test_ends_a_relay_whose_driver_takes_it_for_an_outage(self) -> None:
        engine: Any = Masking()
        redis: Any = None
        running = asyncio.create_task(Relay(engine, redis, stream="try.events").run())
        await engine.asked.wait()

        running.cancel()

        await asyncio.wait({running}, timeout=10)
        assert running.cancelled()

    async def test_is_not_seen_where_there_is_none(self) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await asyncio.Event().wait()

        ending.heed()
