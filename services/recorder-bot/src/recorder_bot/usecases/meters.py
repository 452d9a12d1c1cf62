"""What the recorder measures of itself."""

from collections import Counter
from collections.abc import Mapping

from chassis import metrics
from contracts.media import PacketCounts

RECEIVED, WRITTEN, LOST = "received", "written", "lost"

recordings = metrics.level("recorder_bot_recordings", "Recordings under way here")
packets = metrics.counter(
    "recorder_bot_packets", "By what became of them: received = written + dropped by cause; lost came never"
)
segments = metrics.counter("recorder_bot_segments", "Acknowledged by media, or refused for good")


def tally(counts: Mapping[str, PacketCounts]) -> Counter[str]:
    """All speakers together, by what became of their packets."""
    total: Counter[str] = Counter()
    for each in counts.values():
        total.update({RECEIVED: each.received, WRITTEN: each.written, LOST: each.lost})
        total.update(each.dropped)
    return total


class PacketMeter:
    """Adds what has come since the last look; what an earlier process counted is not counted again."""

    def __init__(self, so_far: Mapping[str, PacketCounts]) -> None:
        self._seen = tally(so_far)

    def look(self, counts: Mapping[str, PacketCounts]) -> None:
        now = tally(counts)
        for outcome, more in (now - self._seen).items():
            packets.add(more, {"outcome": outcome})
        self._seen = now
