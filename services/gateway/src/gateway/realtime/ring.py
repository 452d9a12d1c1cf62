"""The recent events of a topic as frames, without the words that were taken away since."""

from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from contracts.decoding import UNDECODABLE
from contracts.events import Envelope, short_type
from contracts.redaction import REDACTED, REDACTING, message_of, redact
from contracts.times import rfc3339
from gateway.realtime.frames import EventFrame, encode

_REDACTED_TYPES: Final = frozenset(short_type(one) for one in REDACTED)


class _Frame(EventFrame, frozen=True, tag="event"):
    """An event frame, read again."""


_decode = msgspec.json.Decoder(_Frame).decode


class Ring:
    """At most `events_max` payloads, without a gap."""

    def __init__(self, events_max: int) -> None:
        self._events_max = events_max
        self._payloads: deque[bytes] = deque()
        self._latest: dict[str, msgspec.Raw] = {}
        """The last edit or deletion of a message, for events before it that are read from the log later."""

    def __len__(self) -> int:
        return len(self._payloads)

    def last(self, count: int) -> list[bytes]:
        return list(self._payloads)[-count:] if count else []

    def append(self, envelope: Envelope) -> bytes:
        """Returns the event's payload."""
        payload = payload_of(envelope)
        if envelope.type in REDACTING:
            self._redact(envelope)
        self._payloads.append(payload)
        while len(self._payloads) > self._events_max:
            self._payloads.popleft()
        return payload

    def extend_back(self, envelopes: Iterable[Envelope]) -> None:
        """Events before the first, in order; they may have been read before words were taken away from them."""
        self._payloads.extendleft(reversed([payload_of(self._without_words(one)) for one in envelopes]))

    def clear(self) -> None:
        self._payloads.clear()

    def _redact(self, envelope: Envelope) -> None:
        try:
            message_id = message_of(envelope.data)
        except UNDECODABLE:  # of a newer release, in which this is something else
            return
        self._latest.pop(message_id, None)
        self._latest[message_id] = envelope.data
        while len(self._latest) > self._events_max:
            self._latest.pop(next(iter(self._latest)))
        sought = message_id.encode()
        for index, payload in enumerate(self._payloads):
            if sought in payload:
                self._payloads[index] = _redacted(payload, message_id, envelope.data)

    def _without_words(self, envelope: Envelope) -> Envelope:
        if not self._latest or envelope.type not in REDACTED:
            return envelope
        try:
            latest = self._latest.get(message_of(envelope.data))
        except UNDECODABLE:
            return envelope
        if latest is None:
            return envelope
        return msgspec.structs.replace(envelope, data=msgspec.Raw(redact(envelope.data, latest)))


def _redacted(payload: bytes, message_id: str, latest: msgspec.Raw) -> bytes:
    """The payload as it is to be replayed; one of another message, or that has no words, stays."""
    frame = _decode(payload)
    if frame.type not in _REDACTED_TYPES or message_of(frame.data) != message_id:
        return payload
    return encode(msgspec.structs.replace(frame, data=msgspec.Raw(redact(frame.data, latest))))


def payload_of(envelope: Envelope) -> bytes:
    return encode(
        EventFrame(
            topic=envelope.topic,
            seq=envelope.seq,
            type=short_type(envelope.type),
            at=rfc3339(envelope.at),
            data=envelope.data,
        )
    )
