"""Somebody who uses Guildhall through its public doors: HTTP and the realtime socket, nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import aiohttp
import msgspec

from contracts.messaging import Message, Space

PASSWORD: Final = "correct horse battery staple 47"
RETRY_SECONDS: Final = 0.2
AWAY: Final = frozenset({429, 502, 503, 504})

Frame = dict[str, Any]


class Refused(Exception):
    """The server answered with a problem."""

    def __init__(self, status: int, problem: Any) -> None:
        reasons = [
            problem.get("detail") or "",
            *(f"{one['pointer']} {one['message']}" for one in problem.get("errors", [])),
        ]
        why = "; ".join(reason for reason in reasons if reason)
        super().__init__(f"{status} {problem.get('code')}: {problem.get('title')}{f' ({why})' if why else ''}")
        self.status = status
        self.code = str(problem.get("code"))


class Person:
    """An account and its tokens. `call` speaks HTTP; what is away is tried again only by `persist`."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str, *, email: str, password: str = PASSWORD) -> None:
        self._http = http
        self.base_url = base_url.rstrip("/")
        self.email = email
        self._password = password
        self.refresh_token = ""
        self.access_token = ""
        self.id = ""

    @classmethod
    async def register(cls, http: aiohttp.ClientSession, base_url: str, name: str) -> "Person":
        """A new account with an address of its own, logged in."""
        readable = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())[:20]
        person = cls(http, base_url, email=f"{readable or 'person'}-{uuid4().hex[:10]}@example.org")
        body = {"email": person.email, "password": person._password, "display_name": name}
        await person.call("POST", "/api/v1/auth/register", body)
        await person.log_in()
        return person

    async def log_in(self) -> None:
        self._take(await self.call("POST", "/api/v1/auth/login", {"email": self.email, "password": self._password}))

    async def refresh(self) -> None:
        """Get fresh tokens for the same session."""
        self._take(await self.call("POST", "/api/v1/auth/refresh", {"refresh_token": self.refresh_token}))

    def _take(self, tokens: Any) -> None:
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.id = tokens["user"]["id"]

    async def call(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """The decoded answer; `Refused` for a problem."""
        sent = {"authorization": f"Bearer {self.access_token}"} if self.access_token else {}
        async with self._http.request(
            method, self.base_url + path, json=body, headers={**sent, **(headers or {})}
        ) as got:
            content = await got.read()
            decoded = msgspec.json.decode(content) if content and "json" in got.content_type else content
            if got.status >= 400:
                raise Refused(got.status, decoded if isinstance(decoded, dict) else {"title": repr(content[:200])})
            return decoded

    async def persist(self, method: str, path: str, body: Any = None) -> Any:
        """Like `call`, tried again for as long as a part of the system is away."""
        while True:
            try:
                return await self.call(method, path, body)
            except Refused as refused:
                if refused.code == "token_expired":
                    await self.refresh()
                elif refused.status not in AWAY:
                    raise
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(RETRY_SECONDS)

    async def make_space(self, name: str) -> tuple[Space, str]:
        """A space of one's own, and the id of its channel `general`."""
        space = msgspec.convert(await self.call("POST", "/api/v1/spaces", {"name": name}), Space)
        return space, await self.general_of(space)

    async def invite(self, space: Space) -> str:
        return (await self.call("POST", f"/api/v1/spaces/{space.id}/invites", {}))["code"]

    async def accept(self, code: str) -> tuple[Space, str]:
        space = msgspec.convert(await self.call("POST", f"/api/v1/invites/{code}/accept"), Space)
        return space, await self.general_of(space)

    async def general_of(self, space: Space) -> str:
        found: list[dict[str, str]] = await self.call("GET", f"/api/v1/spaces/{space.id}/channels")
        return next(channel["id"] for channel in found if channel["name"] == "general")

    async def say(self, channel_id: str, content: str, *, nonce: str | None = None) -> Message:
        """Post until it is acknowledged; the nonce makes the repeats harmless."""
        body = {"content": content, "nonce": nonce or uuid4().hex}
        return msgspec.convert(await self.persist("POST", f"/api/v1/channels/{channel_id}/messages", body), Message)


class Listener:
    """A realtime socket that comes back by itself and resumes: `seqs` is the last place seen of each topic."""

    def __init__(self, person: Person, topics: Mapping[str, int | None]) -> None:
        self._person = person
        self.seqs: dict[str, int | None] = dict(topics)
        self.events: list[Frame] = []
        self.frames: list[Frame] = []
        self.closes: list[int] = []
        self.watching = asyncio.Event()
        self._news = asyncio.Condition()
        self.on_event: Callable[[Frame], Awaitable[None]] | None = None

    async def run(self) -> None:
        """Listen until cancelled; a close code of 4003 (session ended) ends it too."""
        url = self._person.base_url.replace("http", "ws", 1) + "/api/v1/realtime"
        async with aiohttp.ClientSession() as http:
            while not self.closes or self.closes[-1] != 4003:
                try:
                    async with http.ws_connect(url, protocols=["guildhall.v1"], heartbeat=30) as socket:
                        await self._listen(socket)
                        self.closes.append(socket.close_code or 1006)
                    if self.closes[-1] == 4001:
                        await self._person.refresh()
                except (aiohttp.ClientError, OSError, TimeoutError, Refused):
                    self.closes.append(1006)
                self.watching.clear()
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_json({"op": "hello", "token": self._person.access_token})
        pending = set(self.seqs)
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            frame: Frame = msgspec.json.decode(message.data)
            self.frames.append(frame)
            match frame["op"]:
                case "ready":
                    await socket.send_json({"op": "watch", "topics": self.seqs})
                case "event":
                    await self._take(frame)
                case "watched":
                    pending.discard(frame["topic"])
                    self.seqs[frame["topic"]] = max(frame["seq"], self.seqs[frame["topic"]] or 0)
                case "problem" if frame.get("code") == "unavailable":
                    await asyncio.sleep(RETRY_SECONDS)
                    topic = frame["topic"]
                    await socket.send_json({"op": "watch", "topics": {topic: self.seqs[topic]}})
                case _:
                    pass
            if not pending:
                self.watching.set()

    async def _take(self, frame: Frame) -> None:
        self.seqs[frame["topic"]] = frame["seq"]
        self.events.append(frame)
        if self.on_event is not None:
            await self.on_event(frame)
        async with self._news:
            self._news.notify_all()

    async def until(self, happened: Callable[[], bool], *, seconds: float = 20) -> None:
        """Wait until events have made `happened` true."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(happened)
