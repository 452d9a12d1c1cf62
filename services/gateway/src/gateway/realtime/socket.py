"""One WebSocket: fragments and text in, a bounded queue out, and an end that tells why."""

import asyncio
from typing import Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from contracts.times import NEVER
from gateway.realtime import meters
from gateway.realtime.codecs import Codec
from gateway.realtime.frames import CloseCode, pong_frame
from gateway.settings import Settings


class SocketListener(Protocol):
    """Receives the text of a socket, and is told of its end."""

    def opened(self) -> None: ...
    def may_speak(self) -> bool: ...
    def heard(self, text: bytes) -> None: ...
    def drained(self) -> None: ...
    def ended(self) -> None: ...


class Socket(WSListener):
    """What picows calls for one connection. Whoever writes to it never waits: too much waiting for the peer ends it."""

    __slots__ = (
        "_loop", "_out", "_parts", "_queued", "_settings", "_transport",
        "backlogged", "closed", "codec", "heard_at", "listener",
    )  # fmt: skip

    listener: SocketListener

    def __init__(self, codec: Codec, settings: Settings) -> None:
        self.codec = codec
        self.backlogged = False
        self.closed = False
        self.heard_at = NEVER
        self._settings = settings
        self._parts: bytearray | None = None
        self._queued = 0

    # what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._out = transport.underlying_transport
        self._out.set_write_buffer_limits(high=0)  # so that being paused means that the kernel's buffer is full
        self.heard_at = self._loop.time()
        self.listener.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.heard_at = self._loop.time()
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self._answer_close(transport, frame)
        elif self.closed or not self.listener.may_speak() or kind == WSMsgType.PONG:
            return
        elif kind == WSMsgType.PING:
            self.send(pong_frame(frame.get_payload_as_bytes()))
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.close(CloseCode.PROTOCOL_ERROR)
        elif kind == WSMsgType.BINARY:
            self.close(CloseCode.BAD_FRAME, "binary frames mean nothing here")
        else:
            self._assemble(frame, begins=kind == WSMsgType.TEXT)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002  the name is picows'
        self.closed = True
        self.listener.ended()

    def pause_writing(self) -> None:
        """The kernel takes no more: what is sent from now on is the peer's backlog."""
        self.backlogged = True
        self._queued = 0

    def resume_writing(self) -> None:
        """Everything queued is with the kernel."""
        self.backlogged = False
        self.listener.drained()

    # what the edge calls

    def send(self, frames: bytes, *, count: int = 1) -> None:
        """Queue whole WebSocket frames; a peer that reads too slowly is sent away with the *come back* code."""
        if self.closed:
            return
        if self.backlogged:
            self._queued += count
            waiting = self._out.get_write_buffer_size() + len(frames)
            if self._queued > self._settings.queue_frames_max or waiting > self._settings.queue_bytes_max:
                self.close(CloseCode.TOO_SLOW)
                return
        self._out.write(frames)

    def close(self, code: int, reason: str = "") -> None:
        """Say why and end; what is queued may still arrive within `close_seconds`."""
        if self.closed:
            return
        self.closed = True
        meters.closed.add(1, {"code": str(int(code))})
        self._parts = None
        farewell = self.codec.farewell(code)
        if farewell:
            self._out.write(farewell)
        self._transport.send_close(code, reason[:120])  # pyright: ignore[reportArgumentType]  any code may be sent
        self._loop.call_later(self._settings.close_seconds, self._out.abort)
        self.listener.ended()

    def abort(self) -> None:
        """End without a word: nobody is there."""
        self._out.abort()

    def _assemble(self, frame: WSFrame, *, begins: bool) -> None:
        if begins is (self._parts is not None):
            self.close(CloseCode.PROTOCOL_ERROR, "fragments out of order")
            return
        whole = frame.get_payload_as_bytes()
        if not (begins and frame.fin):
            parts = self._parts = bytearray() if self._parts is None else self._parts
            parts += whole
            if len(parts) > self._settings.frame_bytes_max:
                self.close(CloseCode.TOO_BIG)
                return
            if not frame.fin:
                return
            whole, self._parts = bytes(parts), None
        try:
            whole.decode()
        except UnicodeDecodeError:
            self.close(CloseCode.NOT_TEXT)
            return
        self.listener.heard(whole)

    def _answer_close(self, transport: WSTransport, frame: WSFrame) -> None:
        if not self.closed:
            code = frame.get_close_code()
            transport.send_close(WSCloseCode.OK if code == WSCloseCode.NO_INFO else code)
            self.closed = True
            self.listener.ended()
        transport.disconnect()
