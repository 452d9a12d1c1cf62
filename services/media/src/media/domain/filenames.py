"""What files may be called, and how a browser is told."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

NAMELESS: Final = "file"
_ENDING_CHARS_MAX: Final = 16
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control characters, what turns the direction of writing around, halves of characters, line separators."""


def clean(filename: str, *, chars_max: int) -> str:
    """A name and nothing else: no folders, nothing that cannot be seen, and not too long; its ending stays."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", filename))[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter) not in _UNSEEN).strip(" .")
    if len(seen) <= chars_max:
        return seen or NAMELESS
    stem, dot, ending = seen.rpartition(".")
    if not dot or len(ending) > _ENDING_CHARS_MAX:
        return seen[:chars_max]
    return stem[: chars_max - len(ending) - 1] + dot + ending


def disposition(filename: str, *, inline: bool = False) -> str:
    """`Content-Disposition` (RFC 6266), the name also as RFC 8187 has it."""
    ascii_name = re.sub(r'[^ -~]|["\\%]', "_", filename)
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(filename, safe='')}"
