"""Opus packets to talk with: read from an Ogg file, or made up so that each one can be told apart."""

import random
from collections.abc import Iterator
from pathlib import Path

CELT_FULLBAND_20_MS = 0xF8
"""TOC of a mono packet with one frame (RFC 6716, section 3.1)."""
CAPTURE = b"OggS"
HEADER_BYTES = 27


def babble(count: int, *, seed: int, size: int = 80) -> list[bytes]:
    """`count` packets of 20 ms, all different, the same for the same seed. They decode to noise."""
    source = random.Random(seed)  # noqa: S311 - the same voice must come out of the same seed
    return [bytes([CELT_FULLBAND_20_MS]) + source.randbytes(size) for _ in range(count)]


def read_ogg_opus(path: Path) -> list[bytes]:
    """The audio packets of an Ogg Opus file with one stream (RFC 7845)."""
    packets = list(_packets(path.read_bytes()))
    if len(packets) < 2 or not packets[0].startswith(b"OpusHead"):
        raise ValueError(f"{path} is not an Ogg Opus file")
    return packets[2:]


def _packets(content: bytes) -> Iterator[bytes]:
    position, unfinished = 0, b""
    while position < len(content):
        if content[position : position + 4] != CAPTURE:
            raise ValueError(f"no Ogg page at byte {position}")
        segments = content[position + 26]
        body = position + HEADER_BYTES + segments
        for lacing in content[position + HEADER_BYTES : body]:
            unfinished += content[body : body + lacing]
            body += lacing
            if lacing < 255:
                yield unfinished
                unfinished = b""
        position = body
