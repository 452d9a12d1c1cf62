"""What is on its way into segments, all speakers' in one file: to keep it costs one sync, however many talk."""

import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct

import msgspec

from recorder_bot.domain.track import Piece
from recorder_bot.store import files

GROWTH_BYTES = 4 << 20
"""About 20 s of 25 speakers."""

_HEADER = Struct("<II")
"""A record's length and its CRC-32: what was being written when the power went is told apart."""
_decoder = msgspec.msgpack.Decoder(Piece)


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = self._least = 0
        self._failed = False

    @property
    def is_long(self) -> bool:
        """Much longer than when it was last rewritten."""
        return self._size > 2 * self._least + GROWTH_BYTES

    def append(self, pieces: Iterable[Piece]) -> None:
        """On disk when it returns."""
        data = _encode(pieces)
        if not data:
            return
        if self._failed and self._path.stat().st_size > self._size:
            os.truncate(self._path, self._size)
        self._failed = True
        files.append(self._path, data)
        self._failed = False
        self._size += len(data)

    def replace(self, pieces: Iterable[Piece]) -> None:
        """Nothing but these is in it when it returns."""
        data = _encode(pieces)
        files.replace(self._path, data)
        self._size = self._least = len(data)
        self._failed = False

    def read(self) -> Iterator[Piece]:
        """Every one that was written whole."""
        data, at = self._path.read_bytes() if self._path.exists() else b"", 0
        while len(data) >= at + _HEADER.size:
            size, checksum = _HEADER.unpack_from(data, at)
            at += _HEADER.size
            record = data[at : at + size]
            if not record or zlib.crc32(record) != checksum:
                return
            yield _decoder.decode(record)
            at += size
            self._size = at

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
        files.sync_folder(self._path.parent)
        self._size = self._least = 0


def _encode(pieces: Iterable[Piece]) -> bytes:
    records = map(msgspec.msgpack.encode, pieces)
    return b"".join(_HEADER.pack(len(record), zlib.crc32(record)) + record for record in records)
