"""Recordings: each as it is stored, and which of them need something."""

from collections.abc import Collection, Hashable
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, delete, exists, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId, SpaceId
from contracts.media import Anchor, Recording, RecordingState, RecordingWarning, StopReason, Track
from media.domain.life import OVER, Lease, StoredRecording
from media.store import tracks
from media.store.tables import recordings, segments

_PLAIN: Final = (
    "id",
    "space_id",
    "guild_id",
    "voice_channel_id",
    "text_channel_id",
    "title",
    "requested_by",
    "requested_by_discord",
    "channel_id",
    "duration_ms",
    "failure",
    "created_at",
    "started_at",
    "finished_at",
    "deleted_at",
)
_BEING_MADE: Final = recordings.c.state.not_in(OVER)


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """From when on it must have lasted: for those that were only requested, and for those that a recorder took. None:
    it cannot have been long enough."""

    requested: datetime | None
    begun: datetime | None


async def add(connection: AsyncConnection, stored: StoredRecording) -> bool:
    """False when the voice channel is being recorded already."""
    statement = upsert(recordings).values(_row_of(stored)).on_conflict_do_nothing()
    return bool((await connection.execute(statement)).rowcount)


async def save(connection: AsyncConnection, stored: StoredRecording) -> None:
    await connection.execute(update(recordings).where(recordings.c.id == stored.recording.id).values(_row_of(stored)))


async def find(connection: AsyncConnection, recording_id: RecordingId, *, lock: bool = False) -> StoredRecording | None:
    """With `lock`, nobody else changes it until the transaction ends."""
    query = select(recordings).where(recordings.c.id == recording_id)
    found = await _all(connection, query.with_for_update() if lock else query)
    return found[0] if found else None


async def of_voice_channel(connection: AsyncConnection, guild_id: str, voice_channel_id: str) -> RecordingId | None:
    """The one that records it now."""
    states = [one for one in RecordingState if one not in OVER and one is not RecordingState.FINISHING]
    query = select(recordings.c.id).where(
        recordings.c.guild_id == guild_id,
        recordings.c.voice_channel_id == voice_channel_id,
        recordings.c.state.in_(states),
    )
    return await connection.scalar(query)


async def page(
    connection: AsyncConnection, space_id: SpaceId, *, before: RecordingId | None, limit: int, deleted: bool
) -> list[StoredRecording]:
    """Newest first."""
    query = select(recordings).where(recordings.c.space_id == space_id)
    query = query.where(recordings.c.deleted_at.is_not(None) if deleted else recordings.c.deleted_at.is_(None))
    if before is not None:
        query = query.where(recordings.c.id < before)
    return await _all(connection, query.order_by(recordings.c.id.desc()).limit(limit))


async def claimable(
    connection: AsyncConnection, *, holder: str, expired_at: datetime | None, limit: int
) -> list[StoredRecording]:
    """Those that a recorder may claim, oldest first: also those whose lease has run out by then."""
    lease = recordings.c.lease_expires_at
    free = or_(lease.is_(None), recordings.c.lease_holder == holder)
    if expired_at is not None:
        free = or_(free, lease <= expired_at)
    query = select(recordings).where(_BEING_MADE, recordings.c.uploaded_at.is_(None), free)
    return await _all(connection, query.order_by(recordings.c.id).limit(limit))


async def identity_is_busy(
    connection: AsyncConnection, stored: StoredRecording, *, identity: str, at: datetime
) -> bool:
    """Whether this bot has another recording in the same guild."""
    query = select(recordings.c.id).where(
        recordings.c.guild_id == stored.recording.guild_id,
        recordings.c.id != stored.recording.id,
        recordings.c.lease_identity == identity,
        recordings.c.lease_expires_at > at,
        recordings.c.state.in_([RecordingState.JOINING, RecordingState.RECORDING, RecordingState.PAUSED]),
    )
    return await connection.scalar(query.limit(1)) is not None


async def next_lost(
    connection: AsyncConnection,
    *,
    since: Silence,
    resting: Collection[Hashable] = (),
    only: RecordingId | None = None,
) -> RecordingId | None:
    """One that no recorder was heard of for so long."""
    is_requested = recordings.c.state == RecordingState.REQUESTED
    lost: list[ColumnElement[bool]] = []
    if since.requested is not None:
        lost.append(and_(is_requested, recordings.c.touched_at <= since.requested))
    if since.begun is not None:
        lost.append(and_(~is_requested, _BEING_MADE, recordings.c.touched_at <= since.begun))
    query = select(recordings.c.id).where(
        or_(false(), *lost), recordings.c.uploaded_at.is_(None), recordings.c.id.not_in(resting)
    )
    if only is not None:
        query = query.where(recordings.c.id == only)
    return await connection.scalar(query.order_by(recordings.c.touched_at).limit(1))


async def next_uploaded(connection: AsyncConnection, *, resting: Collection[Hashable] = ()) -> RecordingId | None:
    """One that is complete and waits for its tracks to be sealed."""
    query = select(recordings.c.id).where(
        recordings.c.state == RecordingState.FINISHING,
        recordings.c.uploaded_at.is_not(None),
        recordings.c.purge_at.is_(None),
        recordings.c.id.not_in(resting),
    )
    return await connection.scalar(query.order_by(recordings.c.uploaded_at).limit(1))


async def of_space(connection: AsyncConnection, space_id: SpaceId) -> list[StoredRecording]:
    """Those that are being made there, locked."""
    query = select(recordings).where(recordings.c.space_id == space_id, _BEING_MADE)
    return await _all(connection, query.order_by(recordings.c.id).with_for_update())


async def purge_all(connection: AsyncConnection, space_id: SpaceId, *, at: datetime) -> None:
    """All of a space are put away for good."""
    statement = update(recordings).where(recordings.c.space_id == space_id, recordings.c.purge_at.is_(None))
    await connection.execute(statement.values(deleted_at=func.coalesce(recordings.c.deleted_at, at), purge_at=at))


async def next_removable(
    connection: AsyncConnection,
    *,
    at: datetime,
    deleted_before: datetime,
    closed: datetime,
    resting: Collection[Hashable] = (),
) -> RecordingId | None:
    """One whose time to be restored is over, to which nothing can be uploaded that was announced before `closed`."""
    open_segment = exists().where(segments.c.recording_id == recordings.c.id, segments.c.reserved_at > closed)
    query = select(recordings.c.id).where(
        or_(recordings.c.deleted_at <= deleted_before, recordings.c.purge_at <= at),
        or_(recordings.c.state.in_(OVER), recordings.c.uploaded_at.is_not(None)),
        ~open_segment.correlate(recordings),
        recordings.c.id.not_in(resting),
    )
    return await connection.scalar(query.order_by(recordings.c.deleted_at).limit(1))


async def purge(
    connection: AsyncConnection, recording_id: RecordingId, *, at: datetime, deleted_before: datetime
) -> bool:
    """From now on it cannot be restored; False when it was meanwhile."""
    statement = update(recordings).where(
        recordings.c.id == recording_id,
        or_(recordings.c.deleted_at <= deleted_before, recordings.c.purge_at.is_not(None)),
    )
    return bool(
        (await connection.execute(statement.values(purge_at=func.coalesce(recordings.c.purge_at, at)))).rowcount
    )


async def remove(connection: AsyncConnection, recording_id: RecordingId) -> None:
    """With all that hangs on it."""
    await connection.execute(delete(recordings).where(recordings.c.id == recording_id))


async def size(connection: AsyncConnection, recording_id: RecordingId) -> int:
    """Bytes announced so far."""
    query = select(func.coalesce(func.sum(segments.c.size), 0)).where(segments.c.recording_id == recording_id)
    return int(await connection.scalar(query) or 0)


async def _all(connection: AsyncConnection, query: Select[*tuple[Any, ...]]) -> list[StoredRecording]:
    rows = (await connection.execute(query)).all()
    tracks_by_id = await tracks.of_recordings(connection, [row.id for row in rows])
    return [_stored_of(row, tracks_by_id.get(row.id, ())) for row in rows]


def _row_of(stored: StoredRecording) -> dict[str, Any]:
    recording, lease = stored.recording, stored.lease
    return {name: getattr(recording, name) for name in _PLAIN} | {
        "state": recording.state,
        "stop_reason": recording.stop_reason,
        "warnings": msgspec.to_builtins(recording.warnings),
        "anchor": msgspec.to_builtins(stored.anchor),
        "touched_at": stored.touched_at,
        "uploaded_at": stored.uploaded_at,
        "purge_at": stored.purge_at,
        "lease_id": lease and lease.id,
        "lease_identity": lease and lease.identity,
        "lease_holder": lease and lease.holder,
        "lease_expires_at": lease and lease.expires_at,
    }


def _stored_of(row: Row[*tuple[Any, ...]], its_tracks: tuple[Track, ...]) -> StoredRecording:
    recording = Recording(
        state=RecordingState(row.state),
        stop_reason=row.stop_reason and StopReason(row.stop_reason),
        warnings=msgspec.convert(row.warnings, tuple[RecordingWarning, ...]),
        tracks=its_tracks,
        **{name: getattr(row, name) for name in _PLAIN},
    )
    lease = None
    if row.lease_id is not None:
        lease = Lease(
            id=row.lease_id, identity=row.lease_identity, holder=row.lease_holder, expires_at=row.lease_expires_at
        )
    return StoredRecording(
        recording=recording,
        anchor=msgspec.convert(row.anchor, Anchor | None),
        lease=lease,
        touched_at=row.touched_at,
        uploaded_at=row.uploaded_at,
        purge_at=row.purge_at,
    )
