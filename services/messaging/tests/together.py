"""The gateway's way to bring posts, for tests that talk to messaging alone."""

import re
from collections.abc import Sequence
from typing import Final

import httpx
import msgspec

from contracts.posts import DRAFT_BYTES_MAX, PATH, CarriedPost, PostAnswer

_POST: Final = re.compile(r"/api/v1/channels/([0-9a-f-]{36})/messages")


async def bring(client: httpx.AsyncClient, carried: Sequence[CarriedPost]) -> list[PostAnswer | None]:
    response = await client.post(PATH, content=msgspec.msgpack.encode(carried))
    response.raise_for_status()
    return msgspec.msgpack.decode(response.content, type=list[PostAnswer | None])


class Bringing(httpx.AsyncBaseTransport):
    """Brings what looks like a post; what is not taken so goes by itself, like everything else."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        found = _POST.fullmatch(request.url.path)
        is_json = request.headers.get("content-type") == "application/json"
        if request.method == "POST" and found and is_json and len(content) <= DRAFT_BYTES_MAX:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            [said] = await bring(self._client, [msgspec.convert((found[1], token, content, ""), CarriedPost)])
            if said is not None:
                return httpx.Response(said.status, headers=said.headers, content=said.body)
        return await self._client.request(
            request.method, request.url.raw_path.decode(), content=content, headers=request.headers
        )
