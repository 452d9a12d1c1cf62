"""Ogg pages of a track: silence, and segments put at their place. Every page's size is known before it is made."""

from collections.abc import Iterator
from typing import ClassVar, Final

import msgspec

from contracts.problems import InvalidInput
from voice import ogg, opus

GRAIN: Final = 120
"""Samples of the shortest Opus frame (2.5 ms): the grid on which segments begin and end."""
SHORT_SILENCE: Final = b"\xe0\xff\xfe"
_PAGE_BYTES: Final = 27
_SILENCE_BYTES: Final = 1 + len(opus.SILENCE)
"""With its entry in the page's table."""
SILENCE_PAGE_SAMPLES: Final = ogg.PACKETS_PER_PAGE * opus.SILENCE_SAMPLES


class SegmentUnreadable(InvalidInput):
    code: ClassVar[str] = "segment_unreadable"
    title: ClassVar[str] = "The segment is not valid Ogg Opus"


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The audio pages of a segment: so many, in the bytes `from_byte <= ... < to_byte`."""

    pages: int
    from_byte: int
    to_byte: int
    samples: int


def measure(segment: bytes) -> Measured:
    """Look at a segment as a recorder made it. Headers before the audio, and an empty last page, are no audio."""
    begin = end = at = count = samples = 0
    try:
        for page in ogg.pages(segment):
            size = _PAGE_BYTES + len(page.lacing) + len(page.body)
            at += size
            if page.flags & ogg.CONTINUED or (page.lacing and page.lacing[-1] == ogg.MAX_LACING):
                raise SegmentUnreadable("a packet does not end on its page")
            if page.body.startswith((b"OpusHead", b"OpusTags")) and not count:
                begin = end = at
            elif page.lacing:
                if end != at - size:
                    raise SegmentUnreadable("an empty page stands before the end")
                count, end = count + 1, at
                samples += _samples(page)
    except ogg.Malformed as error:
        raise SegmentUnreadable(str(error)) from None
    if not count:
        raise SegmentUnreadable("it has no audio")
    return Measured(pages=count, from_byte=begin, to_byte=end, samples=samples)


def placed(audio: bytes, *, serial: int, page: int, sample: int) -> bytes:
    """The audio pages of a segment as pages of a track, from page number and sample on; of the same size."""
    made: list[bytes] = []
    for number, one in enumerate(ogg.pages(audio), page):
        sample += _samples(one)
        made.append(ogg.encode(ogg.Page(0, sample, serial, number, one.lacing, one.body)))
    return b"".join(made)


def header(serial: int, *, comments: tuple[str, ...]) -> bytes:
    """The two pages that a track begins with."""
    return ogg.Writer(ogg.Position(serial), vendor="Guildhall", comments=comments).take()


def silent_packets(samples: int) -> tuple[int, int]:
    """Frames of 20 ms and of 2.5 ms that together last so long."""
    return samples // opus.SILENCE_SAMPLES, samples % opus.SILENCE_SAMPLES // GRAIN


def silence_size(samples: int) -> tuple[int, int]:
    """Pages and bytes of so much silence."""
    packets = sum(silent_packets(samples))
    count = -(-packets // ogg.PACKETS_PER_PAGE)
    return count, count * _PAGE_BYTES + packets * _SILENCE_BYTES


def silence(samples: int, *, serial: int, page: int, sample: int, end: int | None = None) -> bytes:
    """Pages of silence. With `end`, they are the last ones, and playing ends at that granule position."""
    long, short = silent_packets(samples)
    packets = [opus.SILENCE] * long + [SHORT_SILENCE] * short
    made: list[bytes] = []
    for number, chunk in enumerate(_chunks(packets), page):
        sample += sum(opus.samples(packet) for packet in chunk)
        last = end is not None and len(made) == -(-len(packets) // ogg.PACKETS_PER_PAGE) - 1
        granule = end if last and end is not None else sample
        lacing = bytes(len(packet) for packet in chunk)
        made.append(ogg.encode(ogg.Page(ogg.LAST if last else 0, granule, serial, number, lacing, b"".join(chunk))))
    return b"".join(made)


def _chunks(packets: list[bytes]) -> Iterator[list[bytes]]:
    for first in range(0, len(packets), ogg.PACKETS_PER_PAGE):
        yield packets[first : first + ogg.PACKETS_PER_PAGE]


def _samples(page: ogg.Page) -> int:
    """How long the packets of a page play."""
    total, at, start = 0, 0, 0
    for lacing in page.lacing:
        at += lacing
        if lacing < ogg.MAX_LACING:
            total += opus.samples(page.body[start : min(at, start + 2)])
            start = at
    return total
