"""What a file is, by how it begins: only what is found to be of a few harmless types is ever shown in a page."""

import re
from typing import Final

UNKNOWN: Final = "application/octet-stream"
HEAD_BYTES: Final = 64
"""So many are looked at."""

_BEGINNINGS: Final[tuple[tuple[re.Pattern[bytes], tuple[str, ...]], ...]] = tuple(
    (re.compile(beginning, re.DOTALL), names)
    for beginning, names in (
        (rb"\x89PNG\r\n\x1a\n", ("image/png",)),
        (rb"\xff\xd8\xff", ("image/jpeg",)),
        (rb"GIF8[79]a", ("image/gif",)),
        (rb"RIFF....WEBP", ("image/webp",)),
        (rb"....ftypavi[fs]", ("image/avif",)),
        (rb"....ftyp(?:isom|iso[2-9]|mp4[12]|mmp4|avc1|dash|M4[AV] )", ("video/mp4", "audio/mp4")),
        (rb"\x1a\x45\xdf\xa3.*\x42\x82.webm", ("video/webm", "audio/webm")),
        (rb"OggS\0", ("audio/ogg", "video/ogg")),
        (rb"ID3[\x02-\x04]|\xff[\xfb\xfa\xf3\xf2]", ("audio/mpeg",)),
        (rb"RIFF....WAVE", ("audio/wav",)),
    )
)
"""With the types that such a file may be called, the usual one first."""
SHOWN: Final = frozenset(name for _, names in _BEGINNINGS for name in names)
"""What a browser may show in place; everything else it saves."""

_OTHER_NAMES: Final = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
}
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,127}", re.ASCII)


def plain(content_type: str) -> str:
    """`audio/webm; codecs=opus` -> `audio/webm`; what is no type is `UNKNOWN`."""
    bare = content_type.partition(";")[0].strip().lower()
    return _OTHER_NAMES.get(bare, bare) if _PLAIN.fullmatch(bare) else UNKNOWN


def type_of(head: bytes, *, declared: str) -> str | None:
    """The type of a file that begins so; an empty one is a file of no type. None when it was declared to be something
    that is shown, and is not that."""
    if not head:
        return UNKNOWN
    found = next((names for beginning, names in _BEGINNINGS if beginning.match(head)), ())
    if declared in SHOWN:
        return declared if declared in found else None
    return found[0] if found else UNKNOWN
