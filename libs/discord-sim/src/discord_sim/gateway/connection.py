"""One WebSocket of a bot: what leaves it leaves in order, and a client that stops its heart is cut off."""

import asyncio
from collections import deque
from typing import Any

import msgspec
from aiohttp import web

from discord_sim.entities import Json
from discord_sim.faults import Faults
from discord_sim.gateway.codes import Close, Op
from discord_sim.gateway.framing import Framing

OUTBOX = 10_000
COMMANDS, PER_SECONDS = 120, 60.0
PAYLOAD_BYTES = 4096


class Hangup(Exception):
    """The connection has to end, with this close code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Command(msgspec.Struct, frozen=True):
    """What a client sends."""

    op: int
    d: Any = None


class Connection:
    def __init__(
        self,
        socket: web.WebSocketResponse,
        *,
        transport: asyncio.Transport,
        framing: Framing,
        faults: Faults,
        heartbeat_ms: int,
    ) -> None:
        self.socket = socket
        self.framing = framing
        self._transport = transport
        self.faults = faults
        self._heartbeat_s = heartbeat_ms / 1000
        self._outbox: asyncio.Queue[Json] = asyncio.Queue(OUTBOX)
        self._loop = asyncio.get_running_loop()
        self._recent: deque[float] = deque(maxlen=COMMANDS)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._zombie: asyncio.TimerHandle | None = None
        self.closed_with: int | None = None
        """The code that we closed with, where it was us."""

    def push(self, op: Op, data: Any = None, *, seq: int | None = None, name: str | None = None) -> None:
        try:
            self._outbox.put_nowait({"op": int(op), "d": data, "s": seq, "t": name})
        except asyncio.QueueFull:
            self.abort()

    async def write(self) -> None:
        """Send what is pushed, until cancelled or cut."""
        while True:
            message = await self._outbox.get()
            if message["op"] == Op.DISPATCH and self.faults.gateway.dispatch_delay:
                await asyncio.sleep(self.faults.gateway.dispatch_delay)
            try:
                await self.framing.send(self.socket, message)
            except ConnectionError:
                return

    async def read(self) -> Command | None:
        """The next command; None when the client has gone."""
        frame = await self.socket.receive()
        if frame.type not in {web.WSMsgType.TEXT, web.WSMsgType.BINARY}:
            return None
        now = self._loop.time()
        if len(self._recent) == COMMANDS and now - self._recent[0] < PER_SECONDS:
            raise Hangup(Close.RATE_LIMITED)
        self._recent.append(now)
        if len(frame.data) > PAYLOAD_BYTES:
            raise Hangup(Close.DECODE_ERROR)
        try:
            return msgspec.json.decode(frame.data, type=Command)
        except (msgspec.DecodeError, msgspec.ValidationError) as problem:
            raise Hangup(Close.DECODE_ERROR) from problem

    def beat(self) -> None:
        """The client lives: it has one interval and a half until it has to say so again."""
        if self._zombie:
            self._zombie.cancel()
        self._zombie = self._loop.call_later(self._heartbeat_s * 1.5, self.close, Close.SESSION_TIMED_OUT)

    async def hang_up(self, code: int) -> None:
        self.closed_with = code
        await self.socket.close(code=code)

    def close(self, code: int) -> None:
        """Hang up without waiting for it."""
        task = self._loop.create_task(self.hang_up(code))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def abort(self) -> None:
        """Cut the line without a word, as a broken network does."""
        self._transport.abort()

    def end(self) -> None:
        if self._zombie:
            self._zombie.cancel()
