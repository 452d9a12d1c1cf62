"""People who use messaging over HTTP, and the spaces they make."""

from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.auth import Profile
from contracts.ids import UserId, new_id
from contracts.messaging import Message
from testkit.tokens import Signer

Json = dict[str, Any]


class Refused(Exception):
    """Any answer that is no success."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.request.method} {response.request.url}: {response.status_code} {response.text}")
        self.status = response.status_code
        self.body: Json = response.json()
        self.code: str = self.body["code"]


class Person:
    """Somebody with a valid token."""

    def __init__(self, client: httpx.AsyncClient, signer: Signer, name: str) -> None:
        self.client = client
        self.id = UserId(new_id())
        self.name = name
        self.token = signer.user_token(self.id, name=name)
        self.profile = Profile(id=self.id, display_name=name)

    async def ask(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **params: Any
    ) -> httpx.Response:
        content = None if body is None else msgspec.json.encode(body)
        sent = {"authorization": f"Bearer {self.token}"} | (headers or {})
        if body is not None:
            sent["content-type"] = "application/json"
        prefix = "" if path.startswith("/internal") else "/api/v1"
        return await self.client.request(method, prefix + path, content=content, headers=sent, params=params)

    async def do(self, method: str, path: str, body: Any = None, **rest: Any) -> Any:
        """The decoded answer; raises `Refused`."""
        response = await self.ask(method, path, body, **rest)
        if response.status_code >= 400:
            raise Refused(response)
        return response.json() if response.content else None

    async def make_space(self, name: str = "Home") -> "Place":
        space = await self.do("POST", "/spaces", {"name": name})
        [channel] = await self.do("GET", f"/spaces/{space['id']}/channels")
        return Place(self, space["id"], channel["id"])

    async def say(self, channel_id: str, content: str, **draft: Any) -> Json:
        return await self.do("POST", f"/channels/{channel_id}/messages", {"content": content, **draft})

    async def read(self, channel_id: str, **params: Any) -> Json:
        return await self.do("GET", f"/channels/{channel_id}/messages", **params)

    async def contents(self, channel_id: str, **params: Any) -> list[str]:
        return [item["content"] for item in (await self.read(channel_id, **params))["items"]]

    async def react(self, message: Json, emoji: str, method: str = "PUT") -> None:
        path = f"/channels/{message['channel_id']}/messages/{message['id']}/reactions/{quote(emoji, safe='')}"
        await self.do(method, path)


class Place:
    """A space with an owner and a first channel."""

    def __init__(self, owner: Person, space_id: str, channel_id: str) -> None:
        self.owner = owner
        self.id = space_id
        self.channel_id = channel_id

    async def invite(self, *people: Person) -> None:
        """They join."""
        invite = await self.owner.do("POST", f"/spaces/{self.id}/invites")
        for person in people:
            await person.do("POST", f"/invites/{invite['code']}/accept")

    async def make_channel(self, name: str = "quiet", **wanted: Any) -> str:
        channel: Json = await self.owner.do("POST", f"/spaces/{self.id}/channels", {"name": name, **wanted})
        return channel["id"]

    async def promote(self, person: Person, role: str) -> None:
        await self.owner.do("PATCH", f"/spaces/{self.id}/members/{person.id}", {"role": role})


async def logged(engine: AsyncEngine, topic: str) -> list[tuple[int, str, Json]]:
    """What was told on a topic: seq, short type, data."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("select seq, type, data from log where topic = :topic order by seq"), {"topic": topic}
        )
        return [(row.seq, row.type.split(".")[1], msgspec.json.decode(row.data)) for row in rows]


def as_message(data: Json) -> Message:
    return msgspec.convert(data, Message)
