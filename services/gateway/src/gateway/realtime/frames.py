"""The frames of `guildhall.v1`: what clients may say, what they are told, and how both look on the wire."""

import struct
from enum import IntEnum
from typing import Final, Literal

import msgspec

from contracts.problems import Kind, Problem


class CloseCode(IntEnum):
    """Why a socket was closed; clients decide by it whether to come back."""

    PROTOCOL_ERROR = 1002
    NOT_TEXT = 1007
    TOO_BIG = 1009
    RESTART = 1012
    BAD_TOKEN = 4001
    SESSION_ENDED = 4003
    TOO_SLOW = 4008
    BAD_FRAME = 4009
    TOO_MANY = 4013


CLOSE_CODE_OF: Final[dict[Kind, CloseCode]] = {
    Kind.INVALID: CloseCode.BAD_FRAME,
    Kind.UNAUTHENTICATED: CloseCode.BAD_TOKEN,
    Kind.FORBIDDEN: CloseCode.SESSION_ENDED,
    Kind.LIMITED: CloseCode.TOO_MANY,
    Kind.UNAVAILABLE: CloseCode.RESTART,
}
"""How a problem that concerns the whole socket ends it."""


class Said(msgspec.Struct, frozen=True, tag_field="op", forbid_unknown_fields=True):
    """A frame from the client."""


class Hello(Said, frozen=True, tag="hello"):
    """First of all, and again with a fresh token before the last one expires."""

    token: str


class Watch(Said, frozen=True, tag="watch"):
    """Topics with the last `seq` seen, or null to begin now."""

    topics: dict[str, int | None]


class Unwatch(Said, frozen=True, tag="unwatch"):
    """No more of these."""

    topics: list[str]


class Typing(Said, frozen=True, tag="typing"):
    """I am writing in this channel; said again every few seconds."""

    channel_id: str


class Presence(Said, frozen=True, tag="presence"):
    """What this device's owner is doing."""

    state: Literal["active", "idle"]


class Ping(Said, frozen=True, tag="ping"):
    """Answered by `pong` with the same number."""

    n: int = 0


Command = Hello | Watch | Unwatch | Typing | Presence | Ping
COMMANDS: Final[dict[str, type[Said]]] = {
    "hello": Hello,
    "watch": Watch,
    "unwatch": Unwatch,
    "typing": Typing,
    "presence": Presence,
    "ping": Ping,
}


class Told(msgspec.Struct, frozen=True, tag_field="op", omit_defaults=True):
    """A frame to the client."""


class Ready(Told, frozen=True, tag="ready"):
    """The token is good; `watch` may follow."""

    session: str
    user_id: str
    heartbeat_ms: int


class EventFrame(Told, frozen=True, tag="event"):
    """One event of a topic; `data` is what the service told, unchanged."""

    topic: str
    seq: int
    type: str
    at: str
    data: msgspec.Raw


class Watched(Told, frozen=True, tag="watched"):
    """All missed events up to `seq` were sent; what follows is live."""

    topic: str
    seq: int


class Reset(Told, frozen=True, tag="reset"):
    """Too far behind: fetch the snapshot and watch again."""

    topic: str
    seq: int


class TypingTold(Told, frozen=True, tag="typing"):
    """Somebody writes; forget it at `until`."""

    channel_id: str
    user_id: str
    until: str


class PresenceTold(Told, frozen=True, tag="presence"):
    """What a member of a watched space is doing, over all their devices."""

    space_id: str
    user_id: str
    state: Literal["active", "idle", "offline"]


class PresenceEntry(msgspec.Struct, frozen=True):
    """What one person is doing."""

    user_id: str
    state: Literal["active", "idle", "offline"]


class PresenceList(Told, frozen=True, tag="presence_list"):
    """All who are present in a watched space: everybody else is offline, and `presence` says what changes. Where `told`
    is false there are too many: nothing is said of anybody until another list comes.
    """

    space_id: str
    people: tuple[PresenceEntry, ...]
    told: bool


class Pong(Told, frozen=True, tag="pong"):
    """The answer to `ping`."""

    n: int


class ProblemTold(Told, frozen=True, tag="problem"):
    """Something was refused; the socket stays."""

    code: str
    title: str
    topic: str | None = None


TOLD: Final[tuple[type[Told], ...]] = (
    Ready, EventFrame, Watched, Reset, TypingTold, PresenceTold, PresenceList, Pong, ProblemTold,
)  # fmt: skip

_encoder: Final = msgspec.json.Encoder()


def encode(frame: Told) -> bytes:
    return _encoder.encode(frame)


def op_of(frame: Told) -> str:
    return str(frame.__struct_config__.tag)


def problem(refusal: Problem | type[Problem], *, topic: str | None = None) -> ProblemTold:
    return ProblemTold(code=refusal.code, title=refusal.title, topic=topic)


class TopicLost(Problem):
    """Sent when a topic is gone or no longer open to this person."""

    code, kind, title = "topic_lost", Kind.FORBIDDEN, "You no longer have access to this topic"


class TooManyTopics(Problem):
    """Beyond `topics_per_socket_max`."""

    code, kind, title = "too_many_topics", Kind.LIMITED, "This connection watches too many topics"


class NotWatching(Problem):
    """Typing is told only where one listens oneself."""

    code, kind, title = "not_watching", Kind.FORBIDDEN, "Watch the channel first"


class TooMany(Problem):
    """Too many sockets of one person, or too many frames a second."""

    code, kind, title = "too_many", Kind.LIMITED, "Too many connections or messages"


class BadFrame(Problem):
    """The client does not speak the protocol."""

    code, kind, title = "bad_frame", Kind.INVALID, "The frame does not follow the protocol"


def text_frame(payload: bytes) -> bytes:
    """A WebSocket text frame from server to client (RFC 6455, section 5.2): final, unmasked."""
    size = len(payload)
    if size < 126:
        return b"\x81" + size.to_bytes(1, "big") + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


def pong_frame(payload: bytes) -> bytes:
    """The answer to a ping with this payload, which is of 125 bytes at most."""
    return b"\x8a" + len(payload).to_bytes(1, "big") + payload
