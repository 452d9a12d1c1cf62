"""One WebSocket to a voice server: hello, heartbeats, messages to the session and its answers back."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import aiohttp
import structlog

from voice import messages
from voice.messages import Heartbeat, HeartbeatAck, Hello, Malformed, Op
from voice.policy import CUT, UNKNOWN_MODE
from voice.session import NoCommonMode, Session
from voice.udp import Unreachable

MAX_MESSAGE_BYTES = 4 << 20
MIN_HEARTBEAT_SECONDS = 0.1
GIVEN_UP = 3000
"""Our own close code, among those that mean: resume."""

log = structlog.get_logger()


class Conversation:
    """`established` is called once the session stands, with whether it is a resumed one."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        session: Session,
        *,
        established: Callable[[bool], None],
        patience_seconds: float,
    ) -> None:
        """After `patience_seconds` without a session that stands, the server is given up."""
        self._socket = socket
        self._session = session
        self._established = established
        self._patience = asyncio.create_task(self._give_up_after(patience_seconds))
        self._heartbeat: asyncio.Task[None] | None = None
        self._nonce: int | None = None
        """Of the heartbeat that is still to be answered."""

    async def run(self) -> int:
        """Until the socket is closed; answers the close code."""
        try:
            await self._socket.send_str(self._session.opening())
            async for message in self._socket:
                self._session.heard_ns = time.monotonic_ns()
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._hear(message.data)
                elif message.type is aiohttp.WSMsgType.BINARY:
                    await self._hear_binary(message.data)
        except NoCommonMode as refused:
            log.warning("voice_server.refused", modes=str(refused))
            await self._socket.close()
            return UNKNOWN_MODE
        except (Unreachable, aiohttp.ClientError, OSError) as failed:
            log.warning("voice_server.failed", reason=str(failed))
            await self._socket.close()
            return CUT
        finally:
            self._patience.cancel()
            if self._heartbeat:
                self._heartbeat.cancel()
        return self._socket.close_code or CUT

    async def _hear(self, text: str) -> None:
        try:
            message = messages.read(text)
            if message.seq is not None:
                self._session.seq_ack = message.seq
            body = messages.body(message)
        except Malformed as wrong:
            log.warning("message.refused", reason=str(wrong))
            return
        match body:
            case None:
                pass
            case Hello():
                self._heartbeat = self._heartbeat or asyncio.create_task(self._beat(body.heartbeat_interval / 1000))
            case HeartbeatAck():
                self._nonce = None if body.t in (None, self._nonce) else self._nonce
            case Heartbeat():
                # JDA answers the server's own with one of its own; no document says what is right.
                await self.say([messages.heartbeat(_nonce(), seq_ack=self._session.seq_ack)])
            case _:
                await self.say(await self._session.handle(body))
        if message.op in (Op.SESSION_DESCRIPTION, Op.RESUMED):
            self._patience.cancel()
            self._session.established = True
            self._established(message.op == Op.RESUMED)

    async def _hear_binary(self, frame: bytes) -> None:
        try:
            message = messages.read_binary(frame)
        except Malformed as wrong:
            log.warning("message.refused", reason=str(wrong))
            return
        self._session.seq_ack = message.seq
        await self.say(self._session.handle_binary(message.op, message.payload))

    async def say_if_there(self, answers: list[str | bytes]) -> None:
        """For what comes from elsewhere: the socket may be closed by now."""
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await self.say(answers)

    async def say(self, answers: list[str | bytes]) -> None:
        for answer in answers:
            if isinstance(answer, str):
                await self._socket.send_str(answer)
            else:
                await self._socket.send_bytes(answer)

    async def _give_up_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        log.info("voice_server.silent", seconds=seconds)
        await self._socket.close(code=GIVEN_UP)

    async def _beat(self, interval_seconds: float) -> None:
        """A server that leaves a heartbeat unanswered is not there any more, whatever TCP says."""
        with contextlib.suppress(aiohttp.ClientError, OSError):
            while self._nonce is None:
                self._nonce = _nonce()
                await self.say([messages.heartbeat(self._nonce, seq_ack=self._session.seq_ack)])
                await asyncio.sleep(max(interval_seconds, MIN_HEARTBEAT_SECONDS))
            await self._socket.close(code=GIVEN_UP)


def _nonce() -> int:
    return time.time_ns() // 1_000_000
