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


class Held(msgspec.Struct, frozen=True, kw_only=True):
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


def claim(held: Held, *, wanted: ClaimWanted, lease_id: UUID, at: datetime, seconds: float) -> Held:
    """A recorder takes it: the first one, the same one after a restart, another one after the lease ran out."""
    if held.complete:
        raise RecordingOver
    lease = held.lease
    if lease is not None and lease.holder != wanted.holder and lease.expires_at > at:
        raise AlreadyClaimed(retry_after_seconds=(lease.expires_at - at).total_seconds())
    expires_at = at + timedelta(seconds=seconds)
    taken = Lease(id=lease_id, identity=wanted.identity, holder=wanted.holder, expires_at=expires_at)
    state = State.JOINING if held.state is State.REQUESTED else held.state
    return replace(held, recording=replace(held.recording, state=state), lease=taken, touched_at=at)


def renew(held: Held, *, lease_id: UUID, at: datetime, seconds: float) -> Held:
    """The holder is alive. A lease that ran out unnoticed, and that nobody else took, is good again."""
    if held.lease is None or held.lease.id != lease_id:
        raise LeaseLost
    return replace(held, lease=replace(held.lease, expires_at=at + timedelta(seconds=seconds)), touched_at=at)


def join(held: Held, anchor: Anchor) -> Held:
    """Joined and announced. A recorder that goes on with a recording only says where it stands."""
    if held.state is State.JOINING:
        begun = replace(held.recording, state=State.RECORDING, started_at=anchor.at)
        return replace(held, recording=begun, anchor=anchor)
    return move_anchor(held, anchor)


def move_anchor(held: Held, anchor: Anchor) -> Held:
    """The recorder knows best where the recording stands; once it was stopped, nothing moves."""
    return replace(held, anchor=anchor) if held.state in RUNNING else held


def pause(held: Held, *, at: datetime) -> Held:
    if held.state is State.PAUSED:
        return held
    if held.state is not State.RECORDING:
        raise NotNow(f"It is {held.state}, and can be paused only while it is recording")
    return _at_rest(held, State.PAUSED, at=at)


def resume(held: Held, *, at: datetime) -> Held:
    if held.state is State.RECORDING:
        return held
    if held.state is not State.PAUSED:
        raise NotNow(f"It is {held.state}, and can be resumed only while it is paused")
    return _at_rest(held, State.RECORDING, at=at)


def _at_rest(held: Held, state: RecordingState, *, at: datetime) -> Held:
    anchor = Anchor(at=at, position_ms=held.position(at))
    return replace(held, recording=replace(held.recording, state=state), anchor=anchor)


def stop(held: Held, *, at: datetime, reason: StopReason) -> Held:
    """Nothing more is to be written. What never began has failed; what has ended stays as it is."""
    if held.state in BEFORE:
        return fail(held, at=at, why="It was stopped before anything was recorded")
    if held.state not in RUNNING:
        return held
    ended = replace(
        held.recording, state=State.FINISHING, duration_ms=held.position(at), stop_reason=reason, finished_at=at
    )
    return replace(held, recording=ended)


def measure(held: Held, position_ms: int) -> Held:
    """The recorder says how long the recording that was stopped is."""
    if held.state is not State.FINISHING or held.complete:
        return held
    return replace(held, recording=replace(held.recording, duration_ms=position_ms))


def progress(held: Held, position_ms: int) -> Held:
    if held.state not in RUNNING:
        return held
    return replace(held, recording=replace(held.recording, duration_ms=position_ms))


def complete(held: Held, *, at: datetime) -> Held:
    """Every segment that will ever come has come; the lease is given back."""
    if held.complete:
        return replace(held, lease=None)
    if held.state is not State.FINISHING:
        raise NotNow(f"It is {held.state}: report that it was stopped first")
    return replace(held, lease=None, uploaded_at=at)


def seal(held: Held, *, duration_ms: int) -> Held:
    """The tracks are as they will stay."""
    return replace(held, recording=replace(held.recording, state=State.READY, duration_ms=duration_ms))


def fail(held: Held, *, at: datetime, why: str) -> Held:
    """Only what has nothing recorded can fail; what has is finished from what there is."""
    if held.state not in BEFORE:
        return held
    failed = replace(held.recording, state=State.FAILED, failure=why, finished_at=at)
    return replace(held, recording=failed, lease=None)


def abandon(held: Held, *, at: datetime) -> Held:
    """No recorder went on with it: it ends where it was last heard of, or with its last segment."""
    if held.state in BEFORE:
        return fail(held, at=at, why="No recorder could take it")
    stopped_alone = held.recording.finished_at is not None and held.touched_at < held.recording.finished_at
    known_ms = 0 if stopped_alone else held.recording.duration_ms
    ended = measure(stop(held, at=at, reason=StopReason.RECORDER_LOST), known_ms)
    return replace(ended, lease=None, uploaded_at=at)


def delete(held: Held, *, at: datetime) -> Held:
    if held.state not in OVER:
        raise NotNow(f"It is {held.state}: stop it first")
    return held if held.recording.deleted_at else replace(held, recording=replace(held.recording, deleted_at=at))


def restore(held: Held) -> Held:
    return replace(held, recording=replace(held.recording, deleted_at=None))
