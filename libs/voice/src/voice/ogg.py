"""Ogg Opus files (RFC 3533, RFC 7845): a writer that never decodes and can be cut at any page, and a reader.

Segments that one `Writer` produced are one valid file when they are put together in order.
"""

import zlib
from collections.abc import Iterator
from functools import cache
from struct import Struct

import msgspec

from voice import opus

CAPTURE = b"OggS"
CONTINUED, FIRST, LAST = 1, 2, 4
PRE_SKIP = 312
"""Samples that a player throws away at the start: the encoder's delay that libopus reports at 48 kHz."""
MAX_SEGMENTS = 255
MAX_LACING = 255
PACKETS_PER_PAGE = 50
"""One second at 20 ms a packet."""
HEADER_PAGES = 2

_PAGE = Struct("<4sBBqIIIB")
_CRC_AT = 22
_ID_HEADER = Struct("<8sBBHIhB")
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Malformed(ValueError):
    """Not an Ogg Opus stream with one logical bitstream, or a damaged one."""


class Page(msgspec.Struct, frozen=True):
    """`granule` is the number of samples at 48 kHz up to the end of the last packet that ends here, pre-skip included;
    -1 when none does."""

    flags: int
    granule: int
    serial: int
    number: int
    lacing: bytes
    body: bytes


class Position(msgspec.Struct, frozen=True):
    """Where a stream stands. A writer that begins at page 0 begins with the headers; at any other page, it goes on
    where another one has cut."""

    serial: int
    page: int = 0
    granule: int = 0


class Writer:
    """Takes packets, gives pages. Nothing is kept but the packets of the page under way.

    `take()` answers the bytes of all pages that are complete since the last call; `cut()` completes the page first,
    so what it answers ends at a page boundary and is a segment.
    """

    def __init__(
        self, position: Position, *, channels: int = 2, vendor: str = "voice", comments: tuple[str, ...] = ()
    ) -> None:
        self._position = position
        self._granule = position.granule
        self._packets: list[bytes] = []
        self._segments = 0
        self._done: list[bytes] = []
        if position.page == 0:
            self._page([_id_header(channels)], flags=FIRST)
            self._page([_comment_header(vendor, comments)], flags=0)

    @property
    def position(self) -> Position:
        """Where the next page begins. Right after `cut()` it covers every packet that was written."""
        return self._position

    @property
    def samples(self) -> int:
        """How long the stream plays so far, at 48 kHz."""
        return self._granule

    def write(self, packet: bytes) -> None:
        segments = len(packet) // MAX_LACING + 1
        if segments > MAX_SEGMENTS:
            raise ValueError("an Opus packet of this size fits in no page")
        if self._segments + segments > MAX_SEGMENTS or len(self._packets) >= PACKETS_PER_PAGE:
            self._complete()
        self._packets.append(packet)
        self._segments += segments
        self._granule += opus.samples(packet)

    def write_silence(self, until_samples: int) -> None:
        """Fill up with frames of silence of 20 ms, then of 2.5 ms, as many as fit whole before `until_samples`."""
        while self._granule + opus.SILENCE_SAMPLES <= until_samples:
            self.write(opus.SILENCE)
        while self._granule + opus.SHORT_SILENCE_SAMPLES <= until_samples:
            self.write(opus.SHORT_SILENCE)

    def take(self) -> bytes:
        done, self._done = b"".join(self._done), []
        return done

    def cut(self) -> bytes:
        self._complete()
        return self.take()

    def finish(self) -> bytes:
        """The last bytes of the stream; with no packet under way, an empty last page, which players accept."""
        self._complete(flags=LAST)
        return self.take()

    def _complete(self, *, flags: int = 0) -> None:
        if self._packets or flags:
            self._page(self._packets, flags=flags)
            self._packets, self._segments = [], 0

    def _page(self, packets: list[bytes], *, flags: int) -> None:
        position = self._position
        lacing = b"".join(map(_lacing, map(len, packets)))
        page = Page(flags, self._granule, position.serial, position.page, lacing, b"".join(packets))
        self._done.append(encode(page))
        self._position = Position(position.serial, position.page + 1, self._granule)


def encode(page: Page) -> bytes:
    header = _PAGE.pack(CAPTURE, 0, page.flags, page.granule, page.serial, page.number, 0, len(page.lacing))
    unsummed = header + page.lacing + page.body
    return unsummed[:_CRC_AT] + checksum(unsummed).to_bytes(4, "little") + unsummed[_CRC_AT + 4 :]


def pages(stream: bytes) -> Iterator[Page]:
    """The pages of a stream or of a segment, their checksums verified."""
    position = 0
    while position < len(stream):
        if len(stream) < position + _PAGE.size:
            raise Malformed("the stream ends inside a page header")
        capture, version, flags, granule, serial, number, crc, count = _PAGE.unpack_from(stream, position)
        if capture != CAPTURE or version != 0:
            raise Malformed(f"no page at byte {position}")
        body_at = position + _PAGE.size + count
        lacing = stream[position + _PAGE.size : body_at]
        end = body_at + sum(lacing)
        if len(lacing) < count or len(stream) < end:
            raise Malformed("the stream ends inside a page")
        unsummed = stream[position : position + _CRC_AT] + bytes(4) + stream[position + _CRC_AT + 4 : end]
        if checksum(unsummed) != crc:
            raise Malformed(f"the checksum of page {number} is wrong")
        yield Page(flags, granule, serial, number, lacing, stream[body_at:end])
        position = end


def packets(stream: bytes) -> Iterator[bytes]:
    """The audio packets of a whole Ogg Opus stream."""
    serial, unfinished, found = None, b"", 0
    for expected, page in enumerate(pages(stream)):
        serial = page.serial if serial is None else serial
        if (page.serial, page.number) != (serial, expected):
            raise Malformed(f"page {expected} is missing")
        at = 0
        for lacing in page.lacing:
            unfinished += page.body[at : at + lacing]
            at += lacing
            if lacing < MAX_LACING:
                packet, unfinished, found = unfinished, b"", found + 1
                if found == 1 and not packet.startswith(b"OpusHead"):
                    raise Malformed("not an Opus stream")
                if found > HEADER_PAGES:
                    yield packet


def checksum(page: bytes) -> int:
    """Ogg's CRC-32 (polynomial 0x04C11DB7, most significant bit first, no inversion), by way of zlib's mirrored one."""
    mirrored = zlib.crc32(page.translate(_MIRROR), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRROR), "big")


@cache
def _lacing(size: int) -> bytes:
    return b"\xff" * (size // MAX_LACING) + bytes([size % MAX_LACING])


def _id_header(channels: int) -> bytes:
    return _ID_HEADER.pack(b"OpusHead", 1, channels, PRE_SKIP, opus.SAMPLE_RATE, 0, 0)


def _comment_header(vendor: str, comments: tuple[str, ...]) -> bytes:
    encoded = [comment.encode() for comment in comments]
    listed = b"".join(len(comment).to_bytes(4, "little") + comment for comment in encoded)
    name = vendor.encode()
    return b"OpusTags" + len(name).to_bytes(4, "little") + name + len(encoded).to_bytes(4, "little") + listed
