"""What files are, and what they may be called."""

import pytest

from media.domain import filenames, sniffing

WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"


class TestTypeOf:
    @pytest.mark.parametrize(
        ("head", "declared", "found"),
        [
            (b"\x89PNG\r\n\x1a\n", "image/png", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg", "image/jpeg"),
            (b"GIF89a", "image/gif", "image/gif"),
            (b"RIFF\x10\n\0\0WEBPVP8 ", "image/webp", "image/webp"),
            (b"RIFF\x10\n\0\0WAVEfmt ", "audio/wav", "audio/wav"),
            (b"\0\0\0\x20ftypavif", "image/avif", "image/avif"),
            (b"\0\0\0\x20ftypisom", "audio/mp4", "audio/mp4"),
            (b"\0\0\0\x20ftypmp42", "x/y", "video/mp4"),
            (WEBM, "audio/webm", "audio/webm"),
            (WEBM, "x/y", "video/webm"),
            (b"OggS\0\2", "audio/ogg", "audio/ogg"),
            (b"ID3\x04\0", "audio/mpeg", "audio/mpeg"),
            (b"\xff\xfb\x90", "audio/mpeg", "audio/mpeg"),
            (b"%PDF-1.7", "application/pdf", sniffing.UNKNOWN),
            (b"<html>", "text/html", sniffing.UNKNOWN),
            (b"", "x/y", sniffing.UNKNOWN),
            (b"<html>", "image/png", None),
            (b"GIF89a", "image/png", None),
            (b"GIF88a", "image/gif", None),
        ],
    )
    def test_is_what_was_declared_only_where_it_is_that(self, head: bytes, declared: str, found: str | None) -> None:
        assert sniffing.type_of(head, declared=declared) == found


class TestPlain:
    @pytest.mark.parametrize(
        ("said", "plain"),
        [
            ("Audio/WebM; codecs=opus", "audio/webm"),
            ("image/jpg", "image/jpeg"),
            ("", sniffing.UNKNOWN),
            ("text/html\r\nx: y", sniffing.UNKNOWN),
            ("a/" + "b" * 200, sniffing.UNKNOWN),
        ],
    )
    def test_is_a_type_without_its_parameters(self, said: str, plain: str) -> None:
        assert sniffing.plain(said) == plain


class TestClean:
    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("cat.png", "cat.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\secrets\\cat.png", "cat.png"),
            ("gnp.\u202etac\0\r\n\x7f", "gnp.tac"),
            ("...", "file"),
            ("", "file"),
            ("a/", "file"),
            ("e\u0301.txt", "\u00e9.txt"),
            ("x" * 30 + ".png", "x" * 16 + ".png"),
            ("x" * 30, "x" * 20),
            ("x." + "y" * 30, "x." + "y" * 18),
        ],
    )
    def test_is_a_name_and_nothing_else(self, said: str, kept: str) -> None:
        assert filenames.clean(said, chars_max=20) == kept


class TestDisposition:
    def test_cannot_be_broken_out_of(self) -> None:
        name = 'a";\r\nX: y\\%é.html'

        assert filenames.disposition(name) == (
            "attachment; filename=\"a_;__X: y___.html\"; filename*=UTF-8''a%22%3B%0D%0AX%3A%20y%5C%25%C3%A9.html"
        )
