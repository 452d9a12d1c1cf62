"""Pages of a channel: opaque cursors, and what a page is asked to be."""

import base64
import binascii
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

import msgspec

from contracts.ids import MessageId
from contracts.problems import FieldError, InvalidInput
from messaging.settings import Settings

T = TypeVar("T")

SEQ_MAX: Final = 2**63 - 1
_SEQ_DIGITS: Final = len(str(SEQ_MAX))


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True, omit_defaults=True):
    """Some of a list. The cursors are there while there is more: `next_cursor` on from the last item (for messages
    newer: pass it as `after`), `prev_cursor` back from the first (older: pass it as `before`).
    """

    items: list[T]
    next_cursor: str | None = None
    prev_cursor: str | None = None


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a channel a page is wanted, as clients say it: at most one, and the newest without. `before`, `after`
    and `around` are cursors or message ids, the others positions and a moment.
    """

    before: str | None = None
    after: str | None = None
    around: str | None = None
    after_seq: int | None = None
    around_seq: int | None = None
    at: datetime | None = None

    def check(self) -> None:
        """Raises `InvalidInput`."""
        given = [field for field in self.__struct_fields__ if getattr(self, field) is not None]
        if len(given) > 1:
            raise InvalidInput(f"Give one of {', '.join(self.__struct_fields__)}")
        for name, seq in (("after_seq", self.after_seq), ("around_seq", self.around_seq)):
            if seq is not None and not 0 <= seq <= SEQ_MAX:
                raise InvalidInput(errors=[FieldError(name, "must be a position")])
        if self.at is not None and self.at.tzinfo is None:
            raise InvalidInput(errors=[FieldError("at", "must name its time zone")])


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What part of a channel is wanted: the newest, or what is `before`, `after` or `around` a message's seq."""

    limit: int
    before: int | None = None
    after: int | None = None
    around: int | None = None


def bounded(limit: int | None, *, limits: Settings) -> int:
    """How many items: what was asked for, or the default."""
    if limit is None:
        return limits.page_items_default
    if not 1 <= limit <= limits.page_items_max:
        raise InvalidInput(errors=[FieldError("limit", f"must be between 1 and {limits.page_items_max}")])
    return limit


def ids_of(listed: str, *, parameter: str, limits: Settings) -> list[UUID]:
    """Ids that are separated by commas, each once."""
    try:
        ids = list(dict.fromkeys(UUID(one.strip()) for one in listed.split(",")))
    except ValueError:
        raise InvalidInput(errors=[FieldError(parameter, "must be ids, separated by commas")]) from None
    if len(ids) > limits.ids_per_request_max:
        raise InvalidInput(errors=[FieldError(parameter, f"at most {limits.ids_per_request_max}")])
    return ids


def cursor_of(position: int | UUID) -> str:
    return base64.urlsafe_b64encode(f"{position}".encode()).decode().rstrip("=")


def _decoded(cursor: str, *, parameter: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise InvalidInput(errors=[FieldError(parameter, "is not a cursor of this list")]) from None


def seq_of(cursor: str, *, parameter: str) -> int:
    """The position in a channel that a cursor names."""
    text = _decoded(cursor, parameter=parameter)
    if not text.isascii() or not text.isdigit() or len(text) > _SEQ_DIGITS or int(text) > SEQ_MAX:
        raise InvalidInput(errors=[FieldError(parameter, "is not a cursor of this list")])
    return int(text)


def id_of(cursor: str, *, parameter: str) -> UUID:
    """The item that a cursor names, in lists ordered by id."""
    try:
        return UUID(_decoded(cursor, parameter=parameter))
    except ValueError:
        raise InvalidInput(errors=[FieldError(parameter, "is not a cursor of this list")]) from None


def as_message_id(position: str) -> MessageId | None:
    """Where a message's id stands for its place, as in `around=<message id>`."""
    try:
        return MessageId(UUID(position))
    except ValueError:
        return None
