"""Segments: announced, then acknowledged."""

from collections.abc import Collection, Hashable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId
from contracts.media import Gap, SegmentWanted
from media.domain.assembly import Segment
from media.domain.pages import Measured
from media.store.tables import segments, tracks


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """A segment with its track and the gaps that the recorder told in it."""

    segment: Segment
    number: int
    discord_id: str
    gaps: tuple[Gap, ...]


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """A segment whose speaker had it erased."""

    key: str
    erased_at: datetime


def key_of(recording_id: RecordingId, number: int, segment_id: UUID) -> str:
    """Where its bytes lie."""
    return f"recordings/{recording_id}/{number}/{segment_id}.ogg"


async def add(
    connection: AsyncConnection, recording_id: RecordingId, number: int, wanted: SegmentWanted, *, at: datetime
) -> None:
    row = {
        "recording_id": recording_id,
        "id": wanted.id,
        "number": number,
        "key": key_of(recording_id, number, wanted.id),
        "first_sample": wanted.first_sample,
        "last_sample": wanted.last_sample,
        "size": wanted.size,
        "sha256": wanted.sha256,
        "gaps": msgspec.to_builtins(wanted.gaps),
        "reserved_at": at,
    }
    await connection.execute(insert(segments).values(row))


async def find(connection: AsyncConnection, recording_id: RecordingId, segment_id: UUID) -> Reservation | None:
    query = (
        select(segments, tracks.c.discord_id)
        .join(tracks, (tracks.c.recording_id == segments.c.recording_id) & (tracks.c.number == segments.c.number))
        .where(segments.c.recording_id == recording_id, segments.c.id == segment_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    gaps = msgspec.convert(row.gaps, tuple[Gap, ...])
    return Reservation(segment=_segment_of(row), number=row.number, discord_id=row.discord_id, gaps=gaps)


async def acknowledge(
    connection: AsyncConnection, recording_id: RecordingId, segment_id: UUID, *, measured: Measured, at: datetime
) -> None:
    statement = update(segments).where(segments.c.recording_id == recording_id, segments.c.id == segment_id)
    await connection.execute(statement.values(measured=msgspec.to_builtins(measured), acknowledged_at=at))


async def erase(connection: AsyncConnection, recording_id: RecordingId, number: int, *, at: datetime) -> None:
    """Nothing of what was announced so far is played again, nor taken."""
    statement = update(segments).where(
        segments.c.recording_id == recording_id, segments.c.number == number, segments.c.erased_at.is_(None)
    )
    await connection.execute(statement.values(erased_at=at, measured=None, acknowledged_at=None))


async def next_erased(
    connection: AsyncConnection, *, resting: Collection[Hashable] = ()
) -> tuple[RecordingId, UUID] | None:
    """One that may still lie in the store, none of those that are `resting`."""
    query = select(segments.c.recording_id, segments.c.id).where(
        segments.c.erased_at.is_not(None),
        segments.c.removed_at.is_(None),
        tuple_(segments.c.recording_id, segments.c.id).not_in(resting),
    )
    row = (await connection.execute(query.order_by(segments.c.erased_at).limit(1))).one_or_none()
    return None if row is None else (row.recording_id, row.id)


async def find_erased(connection: AsyncConnection, recording_id: RecordingId, segment_id: UUID) -> Erased | None:
    query = select(segments.c.key, segments.c.erased_at).where(
        segments.c.recording_id == recording_id, segments.c.id == segment_id, segments.c.erased_at.is_not(None)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else msgspec.convert(row, Erased, from_attributes=True)


async def removed(connection: AsyncConnection, recording_id: RecordingId, segment_id: UUID, *, at: datetime) -> None:
    """The store has forgotten it, and takes it no more."""
    statement = update(segments).where(segments.c.recording_id == recording_id, segments.c.id == segment_id)
    await connection.execute(statement.values(removed_at=at))


async def of_recording(connection: AsyncConnection, recording_id: RecordingId) -> dict[int, list[Segment]]:
    """By track number."""
    query = select(segments).where(segments.c.recording_id == recording_id).order_by(segments.c.first_sample)
    found: dict[int, list[Segment]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.number, []).append(_segment_of(row))
    return found


async def of_track(connection: AsyncConnection, recording_id: RecordingId, number: int) -> list[Segment]:
    query = select(segments).where(segments.c.recording_id == recording_id, segments.c.number == number)
    return [_segment_of(row) for row in await connection.execute(query)]


async def last_samples(connection: AsyncConnection, recording_id: RecordingId) -> dict[int, int]:
    """Where each track ends by what was announced."""
    query = select(segments.c.number, func.max(segments.c.last_sample).label("last_sample"))
    rows = await connection.execute(query.where(segments.c.recording_id == recording_id).group_by(segments.c.number))
    return {row.number: row.last_sample for row in rows}


def _segment_of(row: Row[*tuple[Any, ...]]) -> Segment:
    return Segment(
        id=row.id,
        key=row.key,
        first_sample=row.first_sample,
        last_sample=row.last_sample,
        size=row.size,
        sha256=row.sha256,
        measured=msgspec.convert(row.measured, Measured | None),
        erased=row.erased_at is not None,
    )
