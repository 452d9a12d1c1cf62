"""What people type into the search field: words, and filters `from: in: before: after: has:`."""

import re
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from contracts.problems import FieldError, InvalidInput
from messaging.settings import Settings

HAS: Final = frozenset({"attachment", "link", "mention", "moment", "pin", "reply", "thread"})

_PART: Final = re.compile(r'(?:(?P<filter>from|in|before|after|has):)?(?P<value>"[^"]*"|\S+)')


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of one kind are alternatives; those of different kinds must all hold. `words` in websearch syntax."""

    words: str = ""
    authors: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None
    has: frozenset[str] = frozenset()


def parse(typed: str, *, limits: Settings) -> Query:
    """Raises `InvalidInput` for an empty query and for filters that make no sense."""
    if len(typed) > limits.query_chars_max or "\0" in typed:
        raise _wrong(f"at most {limits.query_chars_max} characters")
    found: dict[str, list[str]] = {}
    for part in _PART.finditer(typed):
        quoted = part["value"]
        found.setdefault(part["filter"] or "", []).append(quoted if not part["filter"] else quoted.strip('"'))
    has = frozenset(found.get("has", ()))
    if has - HAS:
        raise _wrong(f"has: takes {', '.join(sorted(HAS))}")
    if not any(found.values()):
        raise _wrong("say what to search for")
    return Query(
        words=" ".join(found.get("", ())),
        authors=tuple(found.get("from", ())),
        channels=tuple(one.removeprefix("#") for one in found.get("in", ())),
        before=min(map(_day, found.get("before", ())), default=None),
        after=max(map(_day, found.get("after", ())), default=None),
        has=has,
    )


def _day(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _wrong("before: and after: take a day such as 2026-11-23") from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError("q", message)])
