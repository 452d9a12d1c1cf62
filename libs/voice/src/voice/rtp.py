"""From a datagram to what was in it: RTP (RFC 3550) under Discord's `rtpsize` encryption modes."""

from struct import Struct

import msgspec

from voice.accounts import Cause
from voice.ciphers import NONCE_BYTES, TAG_BYTES, Cipher, Unauthentic

AUDIO = 120
_VERSION_2 = 2
_FIXED = Struct(">HII")
_FIXED_BYTES = 12
_PADDED, _EXTENDED, _CONTRIBUTORS = 0x20, 0x10, 0x0F


class Refused(Exception):
    """The datagram is not a frame of voice."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.value)
        self.cause = cause


class Packet(msgspec.Struct, frozen=True):
    """`payload` is as the speaker's client sent it: an Opus packet, end-to-end encrypted or not."""

    ssrc: int
    sequence: int
    timestamp: int
    payload: bytes


def read(datagram: bytes, cipher: Cipher) -> Packet:
    """Raises Refused. The order is fixed: open, strip the extension's body, strip the padding.

    The fixed header, the contributors and the four bytes that begin an extension are authenticated but not encrypted.
    """
    if len(datagram) < _FIXED_BYTES + TAG_BYTES + NONCE_BYTES or datagram[0] >> 6 != _VERSION_2:
        raise Refused(Cause.MALFORMED)
    if datagram[1] & 0x7F != AUDIO:
        raise Refused(Cause.NOT_AUDIO)
    flags = datagram[0]
    size = _FIXED_BYTES + 4 * (flags & _CONTRIBUTORS) + (4 if flags & _EXTENDED else 0)
    if len(datagram) < size + TAG_BYTES + NONCE_BYTES:
        raise Refused(Cause.MALFORMED)
    header = datagram[:size]
    try:
        payload = cipher.open(datagram[-NONCE_BYTES:], datagram[size:-NONCE_BYTES], header)
    except Unauthentic:
        raise Refused(Cause.UNAUTHENTIC) from None
    if flags & _EXTENDED:
        payload = _without_extension(payload, words=int.from_bytes(header[-2:], "big"))
    if flags & _PADDED:
        payload = _without_padding(payload)
    if not payload:
        raise Refused(Cause.EMPTY)
    sequence, timestamp, ssrc = _FIXED.unpack_from(datagram, 2)
    return Packet(ssrc, sequence, timestamp, payload)


def _without_extension(payload: bytes, *, words: int) -> bytes:
    if 4 * words > len(payload):
        raise Refused(Cause.MALFORMED)
    return payload[4 * words :]


def _without_padding(payload: bytes) -> bytes:
    if not payload or not 0 < payload[-1] <= len(payload):
        raise Refused(Cause.MALFORMED)
    return payload[: -payload[-1]]
