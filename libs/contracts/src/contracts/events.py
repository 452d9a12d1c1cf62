"""Events: facts in the past tense, and the envelope in which they travel."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from contracts.ids import UserId


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact. It carries whole public values: to apply it is to replace a value, and clients see it unchanged."""

    TYPE: ClassVar[str]
    """`<service>.<noun>_<past verb>.v<n>`, for example `messaging.message_posted.v1`."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An event under way. `seq` has no gap and no repeat within `topic`; `trace` is a W3C traceparent or empty."""

    id: UUID
    type: str
    topic: str
    seq: int
    at: datetime
    data: msgspec.Raw
    trace: str = ""
    audience_seq: int | None = None
    """At which position of the topic that decides who may see it (`space:<id>` for a channel) that was decided: only an
    audience that is known to be as new may be shown it. None where nothing else decides.
    """


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a topic's owner answers to "what followed `after`?": all of it, or `reset` when that cannot be given."""

    topic: str
    seq: int
    """The topic's position at the time of reading; 0 when nothing was ever told."""
    events: tuple[Envelope, ...] = ()
    reset: bool = False
    audience: frozenset[UserId] | None = None
    """Who may watch the topic, when that was asked for."""
    readers: frozenset[UserId] = frozenset()
    """Those of the audience who may say nothing there."""
    depends_on: str | None = None
    """The topic whose events may change the audience (`space:<id>` for a channel of that space)."""
    audience_seq: int | None = None
    """The position of that topic at which the audience was read; None from an owner that cannot say."""


def short_type(event_type: str) -> str:
    """`message_posted` of `messaging.message_posted.v1`: how clients name the event. Any other text stays as it is."""
    _, dot, rest = event_type.partition(".")
    return rest.partition(".")[0] if dot else event_type
