"""The life of a recording: `requested -> joining -> recording <-> paused -> finishing -> ready | failed`."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from contracts.media import Anchor, ClaimWanted, Recording, RecordingState, StopReason
from media.domain.refusals import AlreadyClaimed, LeaseLost, NotNow, RecordingOver

State = RecordingState
replace = msgspec.structs.replace

OVER: Final = frozenset({State.READY, State.FAILED})
BEFORE: Final = frozenset({State.REQUESTED, State.JOINING})
RUNNING: Final = frozenset({State.RECORDING, State.PAUSED})


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Which recorder has the recording. `holder` survives that recorder's restart, `id` does not."""

    id: UUID
    identity: str
    holder: str
    expires_at: datetime


class StoredRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording, with what only media and its recorder know."""

    recording: Recording
    anchor: Anchor | None = None
    lease: Lease | None = None
    touched_at: datetime
    """When a recorder was last heard of, or the recording was asked for."""
    uploaded_at: datetime | None = None
    """When it became certain that no more segments will come."""
    purge_at: datetime | None = None
    """From when on it is to be removed, and cannot be restored."""

    @property
    def state(self) -> RecordingState:
        return self.recording.state

    def position(self, at: datetime) -> int:
        """Where the recording stands, in milliseconds."""
        if self.anchor is None or self.state not in RUNNING:
            return self.recording.duration_ms
        if self.state is State.PAUSED:
            return self.anchor.position_ms
        return max(0, self.anchor.position_ms + (at - self.anchor.at) // timedelta(milliseconds=1))

    @property
    def complete(self) -> bool:
        """Whether nothing can be added to it."""
        return self.state in OVER or self.uploaded_at is not None


def claim(
    stored: StoredRecording, *, wanted: ClaimWanted, lease_id: UUID, at: datetime, seconds: float, heard_since: datetime
) -> StoredRecording:
    """A recorder takes it: the first one, the same one after a restart, another one after the lease ran out. While
    media could not hear, no lease did: its holder has all of it again from `heard_since` on."""
    if stored.complete:
        raise RecordingOver
    lease = stored.lease
    length = timedelta(seconds=seconds)
    if lease is not None and lease.holder != wanted.holder:
        free_at = max(lease.expires_at, heard_since + length)
        if free_at > at:
            raise AlreadyClaimed(retry_after_seconds=(free_at - at).total_seconds())
    expires_at = at + length
    taken = Lease(id=lease_id, identity=wanted.identity, holder=wanted.holder, expires_at=expires_at)
    state = State.JOINING if stored.state is State.REQUESTED else stored.state
    return replace(stored, recording=replace(stored.recording, state=state), lease=taken, touched_at=at)


def renew(stored: StoredRecording, *, lease_id: UUID, at: datetime, seconds: float) -> StoredRecording:
    """The holder is alive. A lease that ran out unnoticed, and that nobody else took, is good again."""
    if stored.lease is None or stored.lease.id != lease_id:
        raise LeaseLost
    return replace(stored, lease=replace(stored.lease, expires_at=at + timedelta(seconds=seconds)), touched_at=at)


def join(stored: StoredRecording, anchor: Anchor) -> StoredRecording:
    """Joined and announced. A recorder that goes on with a recording only says where it stands."""
    if stored.state is State.JOINING:
        begun = replace(stored.recording, state=State.RECORDING, started_at=anchor.at)
        return replace(stored, recording=begun, anchor=anchor)
    return move_anchor(stored, anchor)


def move_anchor(stored: StoredRecording, anchor: Anchor) -> StoredRecording:
    """The recorder knows best where the recording stands; once it was stopped, nothing moves."""
    return replace(stored, anchor=anchor) if stored.state in RUNNING else stored


def pause(stored: StoredRecording, *, at: datetime) -> StoredRecording:
    if stored.state is State.PAUSED:
        return stored
    if stored.state is not State.RECORDING:
        raise NotNow(f"It is {stored.state}, and can be paused only while it is recording")
    return _at_rest(stored, State.PAUSED, at=at)


def resume(stored: StoredRecording, *, at: datetime) -> StoredRecording:
    if stored.state is State.RECORDING:
        return stored
    if stored.state is not State.PAUSED:
        raise NotNow(f"It is {stored.state}, and can be resumed only while it is paused")
    return _at_rest(stored, State.RECORDING, at=at)


def _at_rest(stored: StoredRecording, state: RecordingState, *, at: datetime) -> StoredRecording:
    anchor = Anchor(at=at, position_ms=stored.position(at))
    return replace(stored, recording=replace(stored.recording, state=state), anchor=anchor)


def stop(stored: StoredRecording, *, at: datetime, reason: StopReason) -> StoredRecording:
    """Nothing more is to be written. What never began has failed; what has ended stays as it is."""
    if stored.state in BEFORE:
        return fail(stored, at=at, why="It was stopped before anything was recorded")
    if stored.state not in RUNNING:
        return stored
    ended = replace(
        stored.recording, state=State.FINISHING, duration_ms=stored.position(at), stop_reason=reason, finished_at=at
    )
    return replace(stored, recording=ended)


def measure(stored: StoredRecording, position_ms: int) -> StoredRecording:
    """The recorder says how long the recording that was stopped is."""
    if stored.state is not State.FINISHING or stored.complete:
        return stored
    return replace(stored, recording=replace(stored.recording, duration_ms=position_ms))


def progress(stored: StoredRecording, position_ms: int) -> StoredRecording:
    if stored.state not in RUNNING:
        return stored
    return replace(stored, recording=replace(stored.recording, duration_ms=position_ms))


def complete(stored: StoredRecording, *, at: datetime) -> StoredRecording:
    """Every segment that will ever come has come; the lease is given back."""
    if stored.complete:
        return replace(stored, lease=None)
    if stored.state is not State.FINISHING:
        raise NotNow(f"It is {stored.state}: report that it was stopped first")
    return replace(stored, lease=None, uploaded_at=at)


def seal(stored: StoredRecording, *, duration_ms: int) -> StoredRecording:
    """The tracks are as they will stay."""
    return replace(stored, recording=replace(stored.recording, state=State.READY, duration_ms=duration_ms))


def fail(stored: StoredRecording, *, at: datetime, why: str) -> StoredRecording:
    """Only what has nothing recorded can fail; what has is finished from what there is."""
    if stored.state not in BEFORE:
        return stored
    failed = replace(stored.recording, state=State.FAILED, failure=why, finished_at=at)
    return replace(stored, recording=failed, lease=None)


def abandon(stored: StoredRecording, *, at: datetime) -> StoredRecording:
    """No recorder went on with it: it ends where it was last heard of, or with its last segment."""
    if stored.state in BEFORE:
        return fail(stored, at=at, why="No recorder could take it")
    stopped_alone = stored.recording.finished_at is not None and stored.touched_at < stored.recording.finished_at
    known_ms = 0 if stopped_alone else stored.recording.duration_ms
    ended = measure(stop(stored, at=at, reason=StopReason.RECORDER_LOST), known_ms)
    return replace(ended, lease=None, uploaded_at=at)


def delete(stored: StoredRecording, *, at: datetime) -> StoredRecording:
    if stored.state not in OVER:
        raise NotNow(f"It is {stored.state}: stop it first")
    return (
        stored if stored.recording.deleted_at else replace(stored, recording=replace(stored.recording, deleted_at=at))
    )


def restore(stored: StoredRecording) -> StoredRecording:
    return replace(stored, recording=replace(stored.recording, deleted_at=None))
