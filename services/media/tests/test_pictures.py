"""How large pictures are."""

import io
import struct
import zlib
from typing import Any

import aiohttp
import pytest
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import ChannelId, new_id
from media.domain.pictures import Dimensions, dimensions_of

from .files import File, refusal_of, upload, used_bytes
from .people import Asking, Community


def picture(name: str, width: int, height: int, **how: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(made, name, **how)
    return made.getvalue()


def turned(width: int, height: int, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return picture("JPEG", width, height, exif=exif)


def png_bomb(width: int, height: int) -> bytes:
    """A header that promises so many pixels, and next to nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


class TestDimensions:
    @pytest.mark.parametrize(
        ("content_type", "content"),
        [
            ("image/png", picture("PNG", 321, 45)),
            ("image/jpeg", picture("JPEG", 321, 45)),
            ("image/gif", picture("GIF", 321, 45)),
            ("image/avif", picture("AVIF", 321, 45)),
            ("image/webp", picture("WEBP", 321, 45)),
            ("image/webp", picture("WEBP", 321, 45, lossless=True)),
            ("image/webp", picture("WEBP", 321, 45, exif=Image.Exif().tobytes() + b"Exif")),
        ],
    )
    def test_are_read_from_the_header(self, content_type: str, content: bytes) -> None:
        assert dimensions_of(content, content_type=content_type) == Dimensions(321, 45)

    @pytest.mark.parametrize(("orientation", "shown"), [(1, (32, 20)), (3, (32, 20)), (6, (20, 32)), (8, (20, 32))])
    def test_are_those_that_are_shown(self, orientation: int, shown: tuple[int, int]) -> None:
        content = turned(32, 20, orientation)

        assert dimensions_of(content, content_type="image/jpeg") == Dimensions(*shown)

    @pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "image/gif", "image/avif", "image/webp"])
    @pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF....WEBPVP8 ", bytes(500)])
    def test_of_a_broken_header_are_none(self, content_type: str, content: bytes) -> None:
        assert dimensions_of(content, content_type=content_type) in {None, Dimensions(0, 0)}

    def test_of_what_is_no_picture_are_none(self) -> None:
        assert dimensions_of(picture("PNG", 3, 3), content_type="application/octet-stream") is None


class TestAnUpload:
    async def test_has_them_and_so_has_what_is_attached(
        self, community: Community, http: aiohttp.ClientSession, messaging: Asking
    ) -> None:
        ready = await upload(community.ben, http, community.space_id, File(content=picture("PNG", 321, 45)))
        wanted = {"space_id": community.space_id, "channel_id": ChannelId(new_id()), "user_id": community.ben.id}

        attached = await messaging.do("POST", "/internal/uploads/attach", wanted | {"ids": [ready["id"]]})

        assert (ready["width"], ready["height"]) == (321, 45)
        [file] = attached["files"]
        assert (file["width"], file["height"]) == (321, 45)

    @pytest.mark.parametrize(
        ("content", "content_type"),
        [(png_bomb(20_000, 20_000), "image/png"), (png_bomb(25_000_001, 1), "application/octet-stream")],
    )
    async def test_of_too_many_pixels_is_rejected(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, content: bytes, content_type: str
    ) -> None:
        file = File(content=content, content_type=content_type)

        rejected = await upload(community.ben, http, community.space_id, file)

        assert (rejected["state"], rejected["reason"]) == ("rejected", "too_many_pixels")
        assert await used_bytes(engine, community.space_id) == 0
        assert await refusal_of(community.ben.do("GET", f"/api/v1/files/{rejected['id']}")) == "not_found"
