"""Files that survive: written whole or not at all, and on disk when the call returns."""

import contextlib
import os
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """The old contents or the new, whatever happens."""
    scratch = path.with_suffix(".new")
    with scratch.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    scratch.rename(path)
    sync_folder(path.parent)


def append(path: Path, data: bytes) -> None:
    """When there is room for a part of it only, none of it stays: no reader gets past half a record."""
    is_new = not path.exists()
    with path.open("ab", buffering=0) as file:
        size, rest = file.tell(), memoryview(data)
        try:
            while rest:
                rest = rest[file.write(rest) :]
            os.fdatasync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(size)
            raise
    if is_new:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """So that a name in it is as certain as the file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
