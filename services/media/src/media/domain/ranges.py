"""Which bytes a request wants (RFC 9110, section 14)."""

import re
from typing import ClassVar, Final

import msgspec

from contracts.problems import InvalidInput

_ONE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
"""No file has more bytes than 18 digits can say: what is longer is not understood."""


class Unsatisfiable(InvalidInput):
    """The first byte that is wanted lies behind the last one; answered with 416 and the size."""

    code: ClassVar[str] = "range_unsatisfiable"
    title: ClassVar[str] = "The requested range is not satisfiable"


class Span(msgspec.Struct, frozen=True):
    """Bytes `first <= ... < end`."""

    first: int
    end: int


def wanted(header: str | None, *, size: int) -> Span | None:
    """What a `Range` header asks of `size` bytes. None: all of them; so too for several ranges or another unit,
    which a server may ignore."""
    match = _ONE.fullmatch((header or "").strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise Unsatisfiable
        return Span(size - length, size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return Span(int(first), min(int(last) + 1, size) if last else size)


def matches(header: str | None, etag: str) -> bool:
    """Whether an `If-None-Match` header names this entity."""
    names = {name.strip().removeprefix("W/") for name in (header or "").split(",")}
    return etag in names or "*" in names
