"""What the spool remembers of a recording, so that it goes on after anything."""

from datetime import datetime

import msgspec

from contracts.ids import RecordingId
from contracts.media import Anchor, Claimed, PacketCounts, RecordingState, Report, Stopped
from contracts.times import whole_milliseconds
from recorder_bot.domain.gaps import RESTARTED, UnplacedGap, gap


class SessionState(msgspec.Struct, frozen=True, kw_only=True):
    """`reports` are those that media has not answered yet, oldest first."""

    claimed: Claimed
    identity: str
    state: RecordingState
    opted_out: tuple[str, ...] = ()
    anchor: Anchor | None = None
    """Where it stood when it last began to run or to stand still; absent before it has begun."""
    channel_id: str = ""
    """The voice channel in which people have been told."""
    nickname_before: str | None = None
    stopped: Stopped | None = None
    reports: tuple[Report, ...] = ()

    @property
    def id(self) -> RecordingId:
        return self.claimed.recording.id


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Until `position` (samples), everything that was received is on disk."""

    position: int = 0
    ends: dict[int, int] = {}
    """Where each track ends, by Discord id: nothing may be written before."""
    bytes_written: int = 0
    packets: dict[str, PacketCounts] = {}
    unfinished: dict[int, int] = {}
    """From where on audio of these speakers, by Discord id, had arrived that was not on disk yet."""

    @property
    def reached(self) -> int:
        """How far anything is on disk: also what was written after the checkpoint."""
        return max([self.position, *self.ends.values()])

    def reaching(self, ends: dict[int, int]) -> "Checkpoint":
        """With tracks that are known to end here at the earliest."""
        furthest = {user: max(self.ends.get(user, 0), ends.get(user, 0)) for user in self.ends | ends}
        return msgspec.structs.replace(self, ends=furthest)


def gaps_after_restart(checkpoint: Checkpoint, position: int) -> list[UnplacedGap]:
    """What was missed from a checkpoint until the recording goes on at `position` (samples): one gap for all from where
    anything on disk ends, and before it one for each speaker whose own audio ends sooner."""
    reached = checkpoint.reached
    begins = {user: end for user, end in checkpoint.ends.items() if checkpoint.position < end < reached}
    begins |= {user: max(start, checkpoint.ends.get(user, 0)) for user, start in checkpoint.unfinished.items()}
    own = [
        UnplacedGap(gap(begin, min(reached, position), RESTARTED), user)
        for user, begin in begins.items()
        if begin < min(reached, position)
    ]
    return own + ([UnplacedGap(gap(reached, position, RESTARTED))] if reached < position else [])


def position_ms(anchor: Anchor, state: RecordingState, at: datetime) -> int:
    """Where the recording stands at a moment, by its last anchor."""
    if state is RecordingState.PAUSED:
        return anchor.position_ms
    return anchor.position_ms + max(0, int((whole_milliseconds(at) - anchor.at).total_seconds() * 1000))
