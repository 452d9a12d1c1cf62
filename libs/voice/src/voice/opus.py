"""What an Opus packet says about itself in its first bytes (RFC 6716, section 3)."""

SAMPLE_RATE = 48_000
SILENCE = b"\xf8\xff\xfe"
"""One 20 ms frame of digital silence: what Discord's clients send at the end of a talk spurt."""
SILENCE_SAMPLES = 960
SHORT_SILENCE = b"\xe0\xff\xfe"
"""One 2.5 ms frame of it, the shortest there is: every length of audio is a multiple of this."""
SHORT_SILENCE_SAMPLES = 120
MAX_PACKET_SAMPLES = 5_760

_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)
_FRAME_SAMPLES = _SILK * 3 + _HYBRID * 2 + _CELT * 4
"""Samples of one frame at 48 kHz, by configuration number."""


def samples(packet: bytes) -> int:
    """How long the packet plays, in samples at 48 kHz; 0 when it is not an Opus packet (empty, or over 120 ms)."""
    if not packet:
        return 0
    code = packet[0] & 0b11
    if code == 3 and len(packet) == 1:
        return 0
    frames = packet[1] & 0x3F if code == 3 else (1, 2, 2)[code]
    total = frames * _FRAME_SAMPLES[packet[0] >> 3]
    return total if total <= MAX_PACKET_SAMPLES else 0


def is_silence(packet: bytes) -> bool:
    return packet == SILENCE
