"""An application, alive on the event loop of the test, asked without a network."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
from litestar import Litestar


@asynccontextmanager
async def serving(app: Litestar, *, base_url: str, peer: str = "127.0.0.1") -> AsyncGenerator[httpx.AsyncClient]:
    """From start to stop in one task of its own, which fixtures do not promise; asked from the address `peer`."""
    started, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await ended.wait()

    living = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({living, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if living.done():
            await living
        transport = httpx.ASGITransport(cast("Any", app), client=(peer, 123))
        async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
            yield client
    finally:
        ended.set()
        await living
