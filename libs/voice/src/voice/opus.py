"""What an Opus packet says about itself in its first bytes (RFC 6716, section 3)."""

SAMPLE_RATE = 48_000
SILENCE = b"\xf8\xff\xfe"
"""One 20 ms frame of digital silence: what Discord's clients send at the end of a talkspurt."""
SILENCE_SAMPLES = 960
SHORT_SILENCE = b"\xe0\xff\xfe"
"""One 2.5 ms frame of it, the shortest there is: every length of audio is a multiple of this."""
SHORT_SILENCE_SAMPLES = 120
MAX_PACKET_SAMPLES = 5_760

_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)
_FRAME_SAMPLES = _SILK * 3 + _HYBRID * 2 + _CELT * 4
"""Samples of one frame at 48 kHz, by configuration number."""
_ANY_NUMBER = 3
"""The code of packets that say how many frames they have; the others have one or two."""
_PACKET_SAMPLES = tuple(_FRAME_SAMPLES[first >> 3] * (1, 2, 2, 0)[first & _ANY_NUMBER] for first in range(256))
"""Of a packet, by its first byte."""


def samples(packet: bytes) -> int:
    """How long the packet plays, in samples at 48 kHz; 0 when it is not an Opus packet (empty, or over 120 ms)."""
    if not packet:
        return 0
    first = packet[0]
    if first & _ANY_NUMBER != _ANY_NUMBER:
        return _PACKET_SAMPLES[first]
    frames = packet[1] & 0x3F if len(packet) > 1 else 0
    total = frames * _FRAME_SAMPLES[first >> 3]
    return total if total <= MAX_PACKET_SAMPLES else 0


def concealment(packet: bytes) -> bytes:
    """A packet without sound that plays as long as this one: its decoder makes up what is missing from what came
    before (RFC 6716, sections 2.1.7 and 3.2.1). Empty when `packet` is not an Opus packet."""
    if not samples(packet):
        return b""
    first = packet[0]
    if first & _ANY_NUMBER == _ANY_NUMBER:
        return bytes([first, packet[1] & 0x3F])
    return bytes([first & ~_ANY_NUMBER | (1 if first & _ANY_NUMBER else 0)])


def is_silence(packet: bytes) -> bool:
    return packet == SILENCE
