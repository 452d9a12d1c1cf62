"""The voice gateway: a TLS WebSocket per client, its messages in, and close codes for what Discord would not take."""

import asyncio
import time
from typing import Protocol

import aiohttp
import msgspec
import structlog
from aiohttp import web

from discord_sim.certs import Certificates
from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.codes import Close, Op
from discord_sim.voice.epochs import Epochs
from discord_sim.voice.session import Json, Link, Session
from discord_sim.voice.tls import Malformed

log = structlog.get_logger()


class Refused(Exception):
    """Ends the connection with a close code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Server(Protocol):
    """What a socket asks of the voice server behind it; `identify` and `resume` raise Refused."""

    modes: list[str]
    ignore_heartbeats: bool

    @property
    def heartbeat_ms(self) -> int: ...

    @property
    def patience_seconds(self) -> float: ...

    def identify(self, token: str, *, guild_id: int, session_id: str, user_id: int, link: Link) -> Session: ...

    def resume(self, token: str, *, guild_id: int, session_id: str, link: Link, after: int) -> Session: ...

    def select(self, session: Session, *, mode: str) -> None: ...

    def speaking(self, session: Session, flags: int) -> None: ...

    def epochs(self, session: Session) -> Epochs: ...

    def disconnected(self, session: Session, *, link: Link, code: int | None) -> None: ...

    def remove(self, session: Session, *, code: int) -> None: ...


class Message(msgspec.Struct, frozen=True):
    op: int
    d: msgspec.Raw


class Identify(msgspec.Struct, frozen=True):
    server_id: int
    user_id: int
    session_id: str
    token: str
    max_dave_protocol_version: int = 0


class Resume(msgspec.Struct, frozen=True):
    server_id: int
    session_id: str
    token: str
    seq_ack: int = -1


class ProtocolData(msgspec.Struct, frozen=True):
    address: str
    port: int
    mode: str


class SelectProtocol(msgspec.Struct, frozen=True):
    protocol: str
    data: ProtocolData


class Speaking(msgspec.Struct, frozen=True):
    """py-cord leaves out the SSRC."""

    speaking: int


class Heartbeat(msgspec.Struct, frozen=True):
    t: int
    seq_ack: int = -1


class Transition(msgspec.Struct, frozen=True):
    transition_id: int


class SocketLink:
    """Messages wait in order for the one task that writes to the socket; a number among them is a close code."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request
        self._queue: asyncio.Queue[str | bytes | int] = asyncio.Queue()

    def send(self, message: str | bytes) -> None:
        self._queue.put_nowait(message)

    def close(self, code: int) -> None:
        self._queue.put_nowait(code)

    async def write(self) -> None:
        while True:
            message = await self._queue.get()
            match message:
                case str():
                    await self._socket.send_str(message)
                case bytes():
                    await self._socket.send_bytes(message)
                case _:
                    await self._close(message)
                    return

    async def _close(self, code: int) -> None:
        if code == Close.CUT:
            if self._request.transport:
                self._request.transport.abort()
        else:
            await self._socket.close(code=code)


class Gateway:
    def __init__(self, server: Server, certificates: Certificates) -> None:
        self._server = server
        self._certificates = certificates
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, 0, ssl_context=self._certificates.server_context())
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=1 << 20)
        await socket.prepare(request)
        link = SocketLink(socket, request)
        link.send(_encode(Op.HELLO, {"v": 8, "heartbeat_interval": self._server.heartbeat_ms}))
        writer = asyncio.create_task(link.write())
        client = Client(self._server, link)
        try:
            await self._read(socket, client, patience_seconds=self._server.patience_seconds)
        except Refused as refused:
            if client.session:
                self._server.remove(client.session, code=refused.code)
            link.close(refused.code)
            await writer
        finally:
            writer.cancel()
            if client.session:
                self._server.disconnected(client.session, link=link, code=socket.close_code)
        return socket

    async def _read(self, socket: web.WebSocketResponse, client: "Client", *, patience_seconds: float) -> None:
        while True:
            try:
                message = await socket.receive(patience_seconds)
            except TimeoutError:
                raise Refused(Close.SESSION_TIMEOUT) from None
            try:
                if message.type == aiohttp.WSMsgType.TEXT:
                    client.said(message.data)
                elif message.type == aiohttp.WSMsgType.BINARY:
                    client.said_binary(message.data)
                else:
                    return
            except msgspec.DecodeError:
                raise Refused(Close.FAILED_TO_DECODE) from None
            except Malformed as wrong:
                log.warning("mls_message.refused", reason=str(wrong))


class Client:
    """What one socket says, and the session that it belongs to since it identified itself."""

    def __init__(self, server: Server, link: SocketLink) -> None:
        self._server = server
        self._link = link
        self.session: Session | None = None

    def said(self, text: str) -> None:
        message = msgspec.json.decode(text, type=Message)
        match message.op:
            case Op.IDENTIFY:
                self._identify(msgspec.json.decode(message.d, type=Identify, strict=False))
            case Op.RESUME:
                self._resume(msgspec.json.decode(message.d, type=Resume, strict=False))
            case Op.HEARTBEAT:
                self._heartbeat(msgspec.json.decode(message.d, type=Heartbeat))
            case _:
                self._said_in_session(self._authenticated(), message)

    def said_binary(self, frame: bytes) -> None:
        session = self._authenticated()
        if not frame:
            raise Refused(Close.FAILED_TO_DECODE)
        op, payload = frame[0], frame[1:]
        epochs = self._server.epochs(session)
        match op:
            case Op.KEY_PACKAGE:
                epochs.key_package(session, payload)
            case Op.COMMIT_WELCOME:
                epochs.commit(session, payload)
            case _:
                raise Refused(Close.UNKNOWN_OPCODE)

    def _said_in_session(self, session: Session, message: Message) -> None:
        epochs = self._server.epochs(session)
        match message.op:
            case Op.SELECT_PROTOCOL:
                self._select(session, msgspec.json.decode(message.d, type=SelectProtocol))
            case Op.SPEAKING:
                self._server.speaking(session, msgspec.json.decode(message.d, type=Speaking).speaking)
            case Op.READY_FOR_TRANSITION:
                epochs.ready(session, msgspec.json.decode(message.d, type=Transition).transition_id)
            case Op.INVALID_COMMIT:
                # The key package that follows takes the member out of the group and back in.
                log.info("commit.rejected", user_id=session.user_id)
            case _:
                raise Refused(Close.UNKNOWN_OPCODE)

    def _authenticated(self) -> Session:
        if self.session is None:
            raise Refused(Close.NOT_AUTHENTICATED)
        return self.session

    def _identify(self, identify: Identify) -> None:
        if self.session:
            raise Refused(Close.ALREADY_AUTHENTICATED)
        if identify.max_dave_protocol_version < 1:
            raise Refused(Close.DAVE_REQUIRED)
        self.session = self._server.identify(
            identify.token,
            guild_id=identify.server_id,
            session_id=identify.session_id,
            user_id=identify.user_id,
            link=self._link,
        )

    def _resume(self, resume: Resume) -> None:
        if self.session:
            raise Refused(Close.ALREADY_AUTHENTICATED)
        self.session = self._server.resume(
            resume.token,
            guild_id=resume.server_id,
            session_id=resume.session_id,
            link=self._link,
            after=resume.seq_ack,
        )

    def _heartbeat(self, heartbeat: Heartbeat) -> None:
        if self.session:
            self.session.acknowledge(heartbeat.seq_ack)
        if not self._server.ignore_heartbeats:
            self._link.send(_encode(Op.HEARTBEAT_ACK, {"t": heartbeat.t}))

    def _select(self, session: Session, select: SelectProtocol) -> None:
        if select.protocol != "udp":
            raise Refused(Close.UNKNOWN_PROTOCOL)
        if select.data.mode not in CIPHERS or select.data.mode not in self._server.modes:
            raise Refused(Close.UNKNOWN_MODE)
        self._server.select(session, mode=select.data.mode)
        # A heartbeat of the server's own, which JDA answers and others leave alone.
        self._link.send(_encode(Op.HEARTBEAT, {"t": time.time_ns() // 1_000_000}))


def _encode(op: int, data: Json) -> str:
    return msgspec.json.encode({"op": op, "d": data}).decode()
