"""Stays with a voice channel: takes orders about where to be, keeps a session there, and follows when it is sent on.

Knows nothing of hikari; whoever has a main gateway can give the orders.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from ssl import SSLContext

import aiohttp
import msgspec
import structlog

from voice.conversation import MAX_MESSAGE_BYTES, Conversation
from voice.encryption import Libdave, MakeEndToEnd
from voice.events import Closed, Listener, Reason, Reconnected, Reconnecting
from voice.limits import Limits
from voice.messages import VERSION
from voice.policy import CUT, Step, reason_of, step_after
from voice.reception import Reception
from voice.session import Identity, Server, Session

TICK_SECONDS = 0.05
"""How often packets are taken in; frames leave in order and know when they arrived, so nobody has to hurry."""
SOCKET_TIMEOUT = aiohttp.ClientWSTimeout(ws_close=2.0)  # pyright: ignore[reportCallIssue] - attrs without stubs
Order = Server | Closed | None
"""Go to a server, end, or (None) leave the server that is no more and wait for another one."""

log = structlog.get_logger()


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`rejoin` leaves voice and joins again, as the main gateway's only way to get a new session."""

    listener: Listener
    rejoin: Callable[[Identity], Awaitable[None]]
    ssl_context: SSLContext | None = None
    """None trusts what the system trusts."""
    limits: Limits = Limits()
    end_to_end: MakeEndToEnd = Libdave


class CouldNotConnect(Exception):
    """The connection was closed, or time was up, before it stood."""


class Receiver:
    def __init__(self, identity: Identity, *, options: Options) -> None:
        self.identity = identity
        """Changed by whoever hears that we were moved; the next session is made with it."""
        self.reception = Reception(options.listener, limits=options.limits)
        self.closed: Closed | None = None
        self.rejoining = False
        """While we leave on purpose, to come again."""
        self._options, self._limits = options, options.limits
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._session: Session | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._standing = asyncio.Event()
        self._over = asyncio.Event()
        self._stood = False
        self._server_is_gone = False
        self._lost_at: float | None = None
        self._failures = 0
        self._interruptions: set[asyncio.Task[object]] = set()

    def order(self, order: Order) -> None:
        """Takes effect at once: the socket, if any, is closed."""
        if isinstance(order, Server):
            self.rejoining = False
        self._orders.put_nowait(order)
        if self._socket:
            interruption = asyncio.create_task(self._socket.close())
            self._interruptions.add(interruption)
            interruption.add_done_callback(self._interruptions.discard)

    async def run(self) -> Closed:
        """Until it is closed for good; nothing that happens in here raises."""
        closed = Closed(Reason.FAILED)
        ticks = asyncio.create_task(self._tick())
        try:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect_seconds)
            async with aiohttp.ClientSession(timeout=timeout) as http:
                closed = await self._follow(http)
        except Exception:
            log.exception("voice.failed", guild_id=self.identity.guild_id)
        finally:
            ticks.cancel()
            self.reception.end()
            self.closed = closed
            self.reception.tell(closed)
            self._over.set()
        return closed

    async def established(self, *, timeout_seconds: float) -> None:
        """Wait until a session stands; raises CouldNotConnect."""
        waits = [asyncio.create_task(event.wait()) for event in (self._standing, self._over)]
        try:
            await asyncio.wait(waits, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self.closed:
            raise CouldNotConnect(self.closed.reason)
        if not self._standing.is_set():
            raise CouldNotConnect(f"nothing stands after {timeout_seconds} s")

    async def over(self) -> None:
        await self._over.wait()

    async def _follow(self, http: aiohttp.ClientSession) -> Closed:
        order = await self._next_order(self._limits.server_seconds)
        while isinstance(order, Server):
            session = self._session = Session(
                self.identity,
                order,
                reception=self.reception,
                make_end_to_end=self._options.end_to_end,
                limits=self._limits,
            )
            try:
                order = await self._stay(http, session)
            finally:
                session.close()
        return order or Closed(Reason.UNREACHABLE)

    async def _stay(self, http: aiohttp.ClientSession, session: Session) -> Server | Closed:
        """Keep this session, over as many sockets as it takes; answers what to do when it is over."""
        while True:
            code = await self._converse(http, session)
            self._lose(code)
            step = self._step_after(code)
            if step is Step.STOP:
                return Closed(reason_of(code), code)
            if time.monotonic() - (self._lost_at or 0) > self._limits.reconnect_seconds:
                return Closed(Reason.UNREACHABLE, code)
            if step is Step.AWAIT:
                return await self._next_order(self._limits.move_seconds) or self._lost(code)
            order = await self._next_order(self._backoff_seconds())
            if order:
                return order
            if step is Step.RENEW and await self._rejoin():
                return await self._next_order(self._limits.server_seconds) or Closed(Reason.UNREACHABLE, code)

    async def _converse(self, http: aiohttp.ClientSession, session: Session) -> int:
        url = f"{session.server.endpoint}/?v={VERSION}"
        try:
            async with http.ws_connect(
                url,
                ssl=self._options.ssl_context or True,
                max_msg_size=MAX_MESSAGE_BYTES,
                timeout=SOCKET_TIMEOUT,
            ) as socket:
                self._socket = socket
                if not self._orders.empty():
                    return CUT
                return await Conversation(socket, session, established=self._stand).run()
        except (aiohttp.ClientError, OSError) as failed:
            log.info("voice_server.unreachable", reason=str(failed))
            return CUT
        finally:
            self._socket = None

    def _step_after(self, code: int) -> Step:
        if not self._orders.empty():
            return Step.AWAIT
        step = step_after(code)
        return Step.RENEW if step is Step.RESUME and self._failures > self._limits.resume_attempts else step

    def _stand(self, resumed: bool) -> None:
        if self._stood:
            self.reception.tell(Reconnected(resumed, time.monotonic_ns()))
        self._stood, self._failures, self._lost_at = True, 0, None
        self._standing.set()

    def _lose(self, code: int) -> None:
        self._failures += 1
        if self._lost_at is None:
            self._lost_at = time.monotonic()
        if self._standing.is_set():
            self._standing.clear()
            ordered = not self._orders.empty()
            self.reception.tell(Reconnecting(None if ordered else code, time.monotonic_ns()))

    async def _rejoin(self) -> bool:
        self.rejoining = True
        try:
            await self._options.rejoin(self.identity)
        except Exception:
            log.warning("voice.rejoin_failed", guild_id=self.identity.guild_id, exc_info=True)
            return False
        return True

    async def _next_order(self, patience_seconds: float) -> Server | Closed | None:
        """The newest order; None when none came. Once a server is known to be gone, patience is for another one."""
        try:
            async with asyncio.timeout(patience_seconds) as limit:
                while True:
                    order = await self._orders.get()
                    while not isinstance(order, Closed) and not self._orders.empty():
                        order = self._orders.get_nowait()
                    self._server_is_gone = order is None
                    if order is not None:
                        return order
                    limit.reschedule(asyncio.get_running_loop().time() + self._limits.server_seconds)
        except TimeoutError:
            return None

    def _lost(self, code: int) -> Closed:
        return Closed(Reason.UNREACHABLE if self._server_is_gone else Reason.DISCONNECTED, code)

    def _backoff_seconds(self) -> float:
        limits = self._limits
        return min(limits.first_backoff_seconds * 2**self._failures, limits.longest_backoff_seconds)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self._session:
                self._session.fetch()
            self.reception.drain()
