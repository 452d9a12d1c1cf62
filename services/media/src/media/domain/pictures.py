"""How large a picture is, from its header: no pixel is ever decoded."""

import io
from typing import Final

import msgspec
from PIL import Image

_FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/avif": "AVIF"}
_ORIENTATION: Final = 0x0112
_TURNED: Final = frozenset({5, 6, 7, 8})
"""EXIF orientations by which width and height change places (Exif 2.32, 4.6.4)."""
_JPEG: Final = "image/jpeg"

Image.MAX_IMAGE_PIXELS = None  # it guards decoding; how many pixels are too many is said by our own settings


class Dimensions(msgspec.Struct, frozen=True):
    """In pixels, as the picture is shown."""

    width: int
    height: int


def dimensions_of(head: bytes, *, content_type: str) -> Dimensions | None:
    """Of a picture that begins so. None for what is no picture, or whose beginning does not say."""
    if content_type == "image/webp":
        return _of_webp(head)
    name = _FORMATS.get(content_type)
    if name is None:
        return None
    try:
        with Image.open(io.BytesIO(head), formats=[name]) as picture:
            width, height = picture.size
            # Only of a JPEG: others decode their pixels to find it.
            orientation = picture.getexif().get(_ORIENTATION) if content_type == _JPEG else None
    except Exception:  # noqa: BLE001  whatever is wrong with a header, it says nothing
        return None
    return Dimensions(height, width) if orientation in _TURNED else Dimensions(width, height)


def _of_webp(head: bytes) -> Dimensions | None:
    """RFC 9649: Pillow wants the whole file for it."""
    kind, rest = head[12:16], head[20:30]
    if len(rest) < 10:
        return None
    if kind == b"VP8X":
        return Dimensions(1 + int.from_bytes(rest[4:7], "little"), 1 + int.from_bytes(rest[7:10], "little"))
    if kind == b"VP8L":
        bits = int.from_bytes(rest[1:5], "little")
        return Dimensions(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 ":
        return Dimensions(*(int.from_bytes(rest[at : at + 2], "little") & 0x3FFF for at in (6, 8)))
    return None
