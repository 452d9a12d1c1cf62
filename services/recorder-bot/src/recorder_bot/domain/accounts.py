"""Where every packet went: `received = written + dropped by cause`, for each speaker, since the recording began."""

from collections import Counter
from collections.abc import Mapping

from contracts.media import PacketCounts
from voice.accounts import Counts

NOT_ANNOUNCED = "not_announced"
"""It came before people had been told that they are recorded."""
PAUSED = "paused"
OPTED_OUT = "opted_out"
TOO_MANY_SPEAKERS = "too_many_speakers"
AHEAD = "ahead"
"""Left out, so that the track of a speaker whose clock runs fast keeps time."""
NOT_OPUS = "not_opus"
AFTER_END = "after_end"

Ledger = dict[str, PacketCounts]


class Accounts:
    """What happened here to the packets that were delivered."""

    def __init__(self) -> None:
        self.written: Counter[int] = Counter()
        self.dropped: dict[int, Counter[str]] = {}

    def drop(self, user_id: int, cause: str) -> None:
        self.dropped.setdefault(user_id, Counter())[cause] += 1

    def discard(self, user_id: int, count: int, cause: str) -> None:
        """These were counted as written, and are not."""
        self.written[user_id] -= count
        self.dropped.setdefault(user_id, Counter())[cause] += count

    def has_dropped(self, cause: str) -> bool:
        return any(cause in counts for counts in self.dropped.values())

    def read(self) -> Ledger:
        people = self.written.keys() | self.dropped.keys()
        return {
            str(user_id): PacketCounts(
                written=self.written[user_id], dropped=dict(self.dropped.get(user_id, Counter[str]()))
            )
            for user_id in people
        }


def of_connection(counts: Mapping[int | None, Counts]) -> Ledger:
    """What one connection received and did not deliver; packets that are nobody's are in nobody's account."""
    return {
        str(user_id): PacketCounts(
            received=each.received - each.held,
            lost=each.lost,
            dropped={cause.value: count for cause, count in each.dropped.items()},
        )
        for user_id, each in counts.items()
        if user_id is not None
    }


def total(*ledgers: Ledger) -> Ledger:
    found: Ledger = {}
    for ledger in ledgers:
        for person, counts in ledger.items():
            found[person] = _sum(found[person], counts) if person in found else counts
    return found


def _sum(one: PacketCounts, other: PacketCounts) -> PacketCounts:
    dropped = Counter(one.dropped)
    dropped.update(other.dropped)
    return PacketCounts(
        received=one.received + other.received,
        written=one.written + other.written,
        lost=one.lost + other.lost,
        dropped=dict(dropped),
    )
