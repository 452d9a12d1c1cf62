"""Stays with a voice channel: takes orders about where to be, keeps a session there, and follows when it is sent on.

Knows nothing of hikari: any main gateway can give the orders.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from ssl import SSLContext

import aiohttp
import msgspec
import structlog

from voice.conversation import GIVEN_UP, MAX_MESSAGE_BYTES, Conversation
from voice.encryption import Libdave, MakeEndToEnd
from voice.events import Closed, Listener, Outage, Reason, Reconnected, Reconnecting
from voice.limits import Limits
from voice.messages import VERSION
from voice.policy import CUT, Step, reason_of, step_after
from voice.reception import Reception
from voice.session import Identity, Server, Session

TICK_SECONDS = 0.05
"""How often packets are taken in; frames leave in order and know when they arrived, so there is no hurry."""
SOCKET_TIMEOUT = aiohttp.ClientWSTimeout(ws_close=2.0)  # pyright: ignore[reportCallIssue] - attrs without stubs
DEAF = 3001
"""Our own close code: the socket is well, and the way by UDP is dead."""
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
        """Changed by the one who hears that we were moved; the next session is made with it."""
        self.reception = Reception(options.listener, limits=options.limits)
        self.closed: Closed | None = None
        self.error: Exception | None = None
        """The bug that ended it, if one did."""
        self.recoveries = 0
        """How often we have asked to be put back into the encrypted group."""
        self.rejoining = False
        """While we leave on purpose, to come again: until a session stands."""
        self._options, self._limits = options, options.limits
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._ending: Closed | None = None
        self._session: Session | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._conversation: Conversation | None = None
        self._standing = asyncio.Event()
        self._over = asyncio.Event()
        self._stood = False
        self._server_is_gone = False
        self._deaf = False
        """Nothing comes by UDP any more."""
        self._lost_at: float | None = None
        self._stood_at: float | None = None
        self._failures = 0
        self._last_good_ns: int | None = None
        """When voice arrived last before the break; None while it does, and before it ever did."""
        self._tasks: set[asyncio.Task[object]] = set()

    def order(self, order: Order) -> None:
        """Takes effect at once: the socket, if any, is closed."""
        self._ending = order if isinstance(order, Closed) else self._ending
        self._orders.put_nowait(order)
        self._interrupt()

    async def run(self) -> Closed:
        """Until it is closed for good. A bug in here closes it, too, with `Reason.FAILED`, and is `error` then."""
        closed = Closed(Reason.FAILED)
        try:
            closed = await self._follow_while_ticking()
        except* Exception as failed:
            self.error = failed.exceptions[0] if len(failed.exceptions) == 1 else failed
            log.exception("voice.failed", guild_id=self.identity.guild_id)
        finally:
            self._end(closed)
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

    async def _follow_while_ticking(self) -> Closed:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect_seconds)
        async with aiohttp.ClientSession(timeout=timeout) as http, asyncio.TaskGroup() as tasks:
            ticks = tasks.create_task(self._tick())
            closed = await self._follow(http)
            ticks.cancel()
        return closed

    def _end(self, closed: Closed) -> None:
        self._note_last_good()
        self.closed = msgspec.structs.replace(closed, last_good_ns=self._last_good_ns)
        self.reception.end()
        self.reception.tell(self.closed)
        self._over.set()

    def _note_last_good(self) -> None:
        """Voice does not arrive any more, if it did."""
        if not self._standing.is_set():
            return
        self._standing.clear()
        asked = self._ending is not None and self._ending.reason is Reason.REQUESTED
        if self._session and not asked:
            self._session.fetch()
            self._last_good_ns = self._session.last_good_ns
        self._last_good_ns = self._last_good_ns or time.monotonic_ns()

    def _interrupt(self, code: int = 1000) -> None:
        if self._socket:
            self._spawn(self._socket.close(code=code))

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
                if self._last_good_ns is not None:  # media may have come though the socket was gone
                    self._last_good_ns = max(self._last_good_ns, session.media_ns or 0)
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
            if step is Step.RENEW:
                return await self._rejoin() or Closed(Reason.UNREACHABLE, code)

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
                self._conversation = Conversation(
                    socket, session, established=self._stand, patience_seconds=self._limits.connect_seconds
                )
                code = await self._conversation.run()
                return DEAF if self._deaf else code
        except (aiohttp.ClientError, OSError) as failed:
            log.info("voice_server.unreachable", reason=str(failed))
            return CUT
        finally:
            self._socket = self._conversation = None
            self._deaf = False

    def _step_after(self, code: int) -> Step:
        if not self._orders.empty():
            return Step.AWAIT
        step = Step.RENEW if code == DEAF else step_after(code)
        return Step.RENEW if step is Step.RESUME and self._failures > self._limits.resume_attempts else step

    def _stand(self, resumed: bool) -> None:
        now_ns = time.monotonic_ns()
        if self._last_good_ns is not None and not resumed:
            self.reception.tell(Outage(self._last_good_ns, self._first_good_ns(now_ns)))
        if self._stood:
            self.reception.tell(Reconnected(resumed, now_ns))
        self._stood, self._lost_at, self._last_good_ns = True, None, None
        self.rejoining = False
        self._stood_at = time.monotonic()
        self._standing.set()

    def _first_good_ns(self, now_ns: int) -> int:
        """When voice began to arrive in this session, which may have been a moment ago."""
        if self._session is None:
            return now_ns
        self._session.fetch()
        return self._session.first_ns or now_ns

    def _lose(self, code: int) -> None:
        now, ordered, stood = time.monotonic(), not self._orders.empty(), self._standing.is_set()
        if self._stood_at is not None and now - self._stood_at > self._limits.steady_seconds:
            self._failures = 0
        self._failures += not ordered
        self._stood_at = None
        self._lost_at = self._lost_at or now
        self._note_last_good()
        if stood and self._ending is None:
            self.reception.tell(Reconnecting(None if ordered else code, self._last_good_ns or time.monotonic_ns()))

    async def _rejoin(self) -> Server | Closed | None:
        """Leave voice and join again, and say so again while nothing is answered."""
        limits = self._limits
        deadline = time.monotonic() + limits.server_seconds
        self.rejoining = True
        while time.monotonic() < deadline:
            try:
                await self._options.rejoin(self.identity)
            except Exception:
                log.warning("voice.rejoin_failed", guild_id=self.identity.guild_id, exc_info=True)
            if order := await self._next_order(limits.answer_seconds):
                return order
        return None

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
        return Closed(Reason.UNREACHABLE if self._server_is_gone else reason_of(code), code)

    def _backoff_seconds(self) -> float:
        limits = self._limits
        return min(limits.first_backoff_seconds * 2**self._failures, limits.longest_backoff_seconds)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self._session:
                self._session.fetch()
                self._look_after(self._session)
            self.reception.drain()

    def _look_after(self, session: Session) -> None:
        """Ask for what is missing: keys, or the way by UDP."""
        conversation = self._conversation
        if conversation is None or not self._standing.is_set():
            return
        if session.is_deaf and not self._deaf:
            log.warning("voice_server.deaf", guild_id=self.identity.guild_id)
            self._deaf = True
            self._interrupt(GIVEN_UP)
        if answers := session.recover():
            self.recoveries += 1
            log.warning("voice.undecryptable", guild_id=self.identity.guild_id, recoveries=self.recoveries)
            self._spawn(conversation.say_if_there(answers))
