"""What takes bytes from strangers at the edge, each with inputs to begin from: for hypothesis, and for `make fuzz`."""

from collections.abc import Coroutine
from typing import Any

from chassis.settings import Secret
from chassis.tokens import Caller
from contracts.ids import SessionId, UserId, new_id
from gateway.realtime.codecs import Codec, Plain, SocketIo
from gateway.realtime.frames import COMMANDS, BadFrame
from gateway.realtime.session import Session
from gateway.settings import Settings
from testkit.fuzz import Targets

PLAIN, SOCKET_IO = Plain(), SocketIo(ping_seconds=25, pong_seconds=10, bytes_max=65536)
SETTINGS = Settings(redis_url=Secret(""), auth_url="", messaging_url="", frames_burst=1e9)

COMMANDS_SAID = (
    b'{"op":"hello","token":"x"}',
    b'{"op":"watch","topics":{"channel:1":41,"space:2":null}}',
    b'{"op":"unwatch","topics":["channel:1"]}',
    b'{"op":"typing","channel_id":"1"}',
    b'{"op":"presence","state":"idle"}',
    b'{"op":"ping","n":7}',
    b'{"op":"ping","\xffn":7}',
)
PACKETS_SAID = (
    b"2", b"3", b"1", b"41", b'40{"token":"x"}', b"40", b'42["ping",{"n":1}]', b'4217["watch",{"topics":{"a:b":null}}]',
    b'42["p\x9cng",{"n":1}]',
)  # fmt: skip


def hear(codec: Codec, text: bytes) -> None:
    """Any text is a command of ours, or refused as a bad frame."""
    try:
        heard = codec.hear(text)
    except BadFrame:
        return
    assert heard.command is None or type(heard.command) in COMMANDS.values()


HELLO: dict[Codec, bytes] = {PLAIN: COMMANDS_SAID[0], SOCKET_IO: b'40{"token":"x"}'}


def converse(codec: Codec, texts: list[bytes]) -> None:
    """Whatever a client says, and in whatever order, its session goes on or ends; it never fails."""
    socket = Deaf(codec)
    session = Session(socket, Nowhere(), _verify, SETTINGS)  # pyright: ignore[reportArgumentType]
    session._loop = Still()  # pyright: ignore[reportAttributeAccessIssue, reportPrivateUsage]
    for text in texts:
        if not socket.closed:
            session.heard(text)


async def _verify(_: str) -> Caller:
    return CALLER


CALLER = Caller(UserId(new_id()), SessionId(new_id()), "Ada", 2e9)


class Still:
    """A loop whose clock stands, and in which nothing comes later."""

    def time(self) -> float:
        return 0.0

    def call_later(self, *_: Any) -> "Still":
        return self

    def call_soon(self, *_: Any) -> None: ...
    def cancel(self) -> None: ...


class Deaf:
    """A socket of which nobody reads."""

    backlogged = False

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.closed = False

    def send(self, frames: bytes, **_: Any) -> None:
        assert isinstance(frames, bytes)

    def close(self, code: int, reason: str = "") -> None:
        self.closed = True
        reason.encode()


class Nowhere:
    """A hub without topics, whose work is done at once."""

    def __init__(self) -> None:
        self.observers = self

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            work.send(None)
        except StopIteration:
            return
        raise AssertionError("it waits for something")

    def watch(self, _: str, asked: Any) -> None:
        asked.answered()

    def nothing(self, *_: Any) -> None: ...

    opened = admit = left = unwatch = typed = presence_changed = joined = nothing


TARGETS: Targets = {
    "frames": (lambda data: hear(PLAIN, data), COMMANDS_SAID),
    "packets": (lambda data: hear(SOCKET_IO, data), PACKETS_SAID),
    "conversation": (lambda data: converse(PLAIN, data.split(b"\n")), (b"\n".join(COMMANDS_SAID),)),
    "packet-conversation": (lambda data: converse(SOCKET_IO, data.split(b"\n")), (b"\n".join(PACKETS_SAID),)),
}
