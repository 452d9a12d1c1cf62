"""Packets: what each part of the header does, and that nothing a packet contains gets further than it may."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discord_sim.voice.ciphers import CIPHERS
from voice import rtp
from voice.accounts import Cause
from voice.ciphers import MODES

KEY = bytes(range(32))
SEALERS = {mode: make(KEY) for mode, make in CIPHERS.items()}
OPENERS = {mode: make(KEY) for mode, make in MODES.items()}
NONCE = b"\x00\x00\x00\x01"


def packet(
    body: bytes, *, mode: str = "aead_aes256_gcm_rtpsize", flags: int = 0x80, kind: int = 120, more: bytes = b""
) -> bytes:
    header = bytes([flags, kind]) + (7).to_bytes(2, "big") + (960).to_bytes(4, "big") + (42).to_bytes(4, "big") + more
    return header + SEALERS[mode].seal(NONCE, body, header) + NONCE


def refusal(datagram: bytes) -> Cause:
    with pytest.raises(rtp.Refused) as refused:
        rtp.read(datagram, OPENERS["aead_aes256_gcm_rtpsize"])
    return refused.value.cause


@pytest.mark.parametrize("mode", list(MODES))
class TestReading:
    @given(
        payload=st.binary(min_size=1, max_size=200),
        contributors=st.integers(0, 15),
        words=st.integers(0, 20),
        extended=st.booleans(),
        padding=st.integers(0, 255),
        marker=st.booleans(),
    )
    def test_finds_the_payload_between_extension_and_padding(
        self, mode: str, payload: bytes, contributors: int, words: int, extended: bool, padding: int, marker: bool
    ) -> None:
        flags = 0x80 | contributors | (0x10 if extended else 0) | (0x20 if padding else 0)
        more = bytes(4 * contributors) + (b"\xbe\xde" + words.to_bytes(2, "big") if extended else b"")
        body = (b"\xee" * (4 * words) if extended else b"") + payload
        if padding:
            body += bytes(padding - 1) + bytes([padding])

        read = rtp.read(
            packet(body, mode=mode, flags=flags, kind=120 | (0x80 if marker else 0), more=more), OPENERS[mode]
        )

        assert read == rtp.Packet(42, 7, 960, payload)


class TestRefusing:
    @pytest.mark.parametrize(
        ("datagram", "cause"),
        [
            (b"", Cause.MALFORMED),
            (bytes(11), Cause.MALFORMED),
            (packet(b"x", flags=0x40), Cause.MALFORMED),
            (packet(b"x", flags=0x9F)[:40], Cause.MALFORMED),
            (packet(b"x", kind=101), Cause.NOT_AUDIO),
            (packet(b"x", kind=200), Cause.NOT_AUDIO),
            (packet(b"x")[:-1] + b"\xff", Cause.UNAUTHENTIC),
            (packet(b""), Cause.EMPTY),
            (packet(b"\x00\x00\x03", flags=0xA0), Cause.EMPTY),
            (packet(b"", flags=0xA0), Cause.MALFORMED),
            (packet(b"xxx\x00", flags=0xA0), Cause.MALFORMED),
            (packet(b"xxx\x05", flags=0xA0), Cause.MALFORMED),
            (packet(b"xxx", flags=0x90, more=b"\xbe\xde\x00\x01"), Cause.MALFORMED),
        ],
    )
    def test_names_the_cause(self, datagram: bytes, cause: Cause) -> None:
        assert refusal(datagram) is cause

    @given(st.binary(max_size=300))
    def test_whatever_comes_is_refused_and_nothing_else(self, rubbish: bytes) -> None:
        assert refusal(rubbish) in {Cause.MALFORMED, Cause.NOT_AUDIO, Cause.UNAUTHENTIC}

    @given(st.binary(min_size=32, max_size=64), st.integers(0, 255))
    def test_whatever_an_authentic_packet_contains_is_read_or_refused(self, body: bytes, flags: int) -> None:
        datagram = packet(
            body, flags=flags, more=bytes(4 * (flags & 15)) + (b"\xbe\xde\xff\xff" if flags & 16 else b"")
        )

        with contextlib.suppress(rtp.Refused):
            assert rtp.read(datagram, OPENERS["aead_aes256_gcm_rtpsize"]).payload
