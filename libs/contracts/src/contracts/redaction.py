"""Earlier events of a message lose the words that it no longer has: in the log, and wherever events are kept."""

from typing import Final

import msgspec

from contracts.messaging import MessageDeleted, MessageEdited, MessagePosted

REDACTING: Final = frozenset({MessageEdited.TYPE, MessageDeleted.TYPE})
"""What takes words away from the events before it."""
REDACTED: Final = frozenset({MessagePosted.TYPE, MessageEdited.TYPE})
"""What words are taken away from."""

_FIELDS: Final = ("content", "mentions", "nonce", "rev", "edited_at", "deleted_at")
_NOTHING: Final = msgspec.Raw(b"[]")
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class _Subject(msgspec.Struct, frozen=True):
    id: str


_decode_subject = msgspec.json.Decoder(_Subject).decode


def message_of(data: bytes | msgspec.Raw) -> str:
    """The id of the message that an event of these types is about."""
    return _decode_subject(data).id


def redact(former: bytes | msgspec.Raw, latest: bytes | msgspec.Raw) -> bytes:
    """The data of a former event with what the latest one of the same message has left of it: after an edit the words
    as they are now, after a deletion none. Fields that are not known here stay.
    """
    kept, now = _decode(former), _decode(latest)
    kept |= {field: now[field] for field in _FIELDS if field in now}
    if bytes(now.get("deleted_at", b"null")) != b"null":
        kept |= {"attachments": _NOTHING, "files": _NOTHING}
    return _encode(kept)
