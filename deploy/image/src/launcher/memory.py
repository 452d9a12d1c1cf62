"""How much memory a container may use, and whether that is enough: the kernel would end programs without a word."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from launcher.failures import LaunchError

_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Of control groups 2 and 1."""
MIN: Final = "MEMORY_MB_MIN"
"""The setting: with less a run of everything is refused; 0 refuses none."""
MIN_DEFAULT_MB: Final = 700


def refuse_too_little(given: Mapping[str, str], *, limit: int | None) -> None:
    """For everything with embedded servers: raise LaunchError when `limit`, in bytes, is below the minimum."""
    needed = int(given.get(MIN) or MIN_DEFAULT_MB)
    if limit is not None and limit < needed << 20:
        raise LaunchError(
            f"{limit >> 20} MB of memory are too little for everything with embedded servers: "
            f"give {needed} MB or more, name outside servers, or set {MIN}"
        )


def limit() -> int | None:
    """In bytes; None when there is none."""
    for file in _LIMITS:
        if file.exists():
            text = file.read_text().strip()
            # Control groups 1 have no word for "none": a number near 2^63.
            return int(text) if text.isdigit() and int(text) < 1 << 60 else None
    return None
