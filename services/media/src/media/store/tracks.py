"""Tracks of recordings, and their gaps."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import func, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId
from contracts.media import Gap, PacketCounts, RecordingState, Speaker, Track
from media.store.tables import gaps, identities, recordings, segments, tracks

ALL_TRACKS: Final = 0
SAMPLES_PER_MS: Final = 48


class Technical(msgspec.Struct, frozen=True, kw_only=True):
    """What the manifest says of a track besides."""

    ssrcs: tuple[int, ...]
    sha256: str | None


async def of_recordings(
    connection: AsyncConnection, recording_ids: Sequence[RecordingId]
) -> dict[RecordingId, tuple[Track, ...]]:
    if not recording_ids:
        return {}
    acknowledged = (
        select(func.coalesce(func.max(segments.c.last_sample), 0))
        .where(
            segments.c.recording_id == tracks.c.recording_id,
            segments.c.number == tracks.c.number,
            segments.c.acknowledged_at.is_not(None),
        )
        .scalar_subquery()
    )
    own = select(func.count().label("count"), func.coalesce(func.sum(gaps.c.length_ms), 0).label("length_ms"))
    missing = own.where(
        gaps.c.recording_id == tracks.c.recording_id,
        or_(gaps.c.number == tracks.c.number, gaps.c.number == ALL_TRACKS),
    ).lateral()
    query = (
        select(tracks, identities.c.user_id, acknowledged.label("last_sample"), missing.c.count, missing.c.length_ms)
        .outerjoin(identities, identities.c.discord_id == tracks.c.discord_id)
        .join(missing, missing.c.count >= 0)
        .where(tracks.c.recording_id.in_(recording_ids))
        .order_by(tracks.c.number)
    )
    found: dict[RecordingId, tuple[Track, ...]] = {}
    for row in (await connection.execute(query)).mappings():
        track = Track(
            number=row["number"],
            speaker=Speaker(discord_id=row["discord_id"], name=row["name"], user_id=row["user_id"]),
            acknowledged_ms=row["last_sample"] // SAMPLES_PER_MS,
            gap_count=row["count"],
            gap_ms=int(row["length_ms"]),
            packets=msgspec.convert(row["packets"], PacketCounts),
            erased_at=row["erased_at"],
        )
        found[row["recording_id"]] = (*found.get(row["recording_id"], ()), track)
    return found


async def add(connection: AsyncConnection, recording_id: RecordingId, number: int, *, speaker: Speaker) -> None:
    row = {"recording_id": recording_id, "number": number, "discord_id": speaker.discord_id, "name": speaker.name}
    await connection.execute(insert(tracks).values(row | {"ssrcs": [], "packets": {}}))


async def rename(connection: AsyncConnection, recording_id: RecordingId, number: int, *, name: str) -> None:
    statement = update(tracks).where(tracks.c.recording_id == recording_id, tracks.c.number == number)
    await connection.execute(statement.values(name=name))


async def add_ssrc(
    connection: AsyncConnection, recording_id: RecordingId, number: int, *, ssrc: int, ssrcs_max: int
) -> None:
    """Unless it is known, or there are too many."""
    statement = update(tracks).where(
        tracks.c.recording_id == recording_id,
        tracks.c.number == number,
        func.coalesce(func.array_position(tracks.c.ssrcs, ssrc), 0) == 0,
        func.cardinality(tracks.c.ssrcs) < ssrcs_max,
    )
    await connection.execute(statement.values(ssrcs=func.array_append(tracks.c.ssrcs, ssrc)))


async def count_packets(
    connection: AsyncConnection, recording_id: RecordingId, packets: Mapping[str, PacketCounts]
) -> None:
    """The counts so far; of who has no track they are not kept."""
    for discord_id, counts in packets.items():
        statement = update(tracks).where(tracks.c.recording_id == recording_id, tracks.c.discord_id == discord_id)
        await connection.execute(statement.values(packets=msgspec.to_builtins(counts)))


async def seal(connection: AsyncConnection, recording_id: RecordingId, number: int, *, sha256: str) -> None:
    statement = update(tracks).where(tracks.c.recording_id == recording_id, tracks.c.number == number)
    await connection.execute(statement.values(sha256=sha256))


async def erase(connection: AsyncConnection, recording_id: RecordingId, number: int, *, at: datetime) -> None:
    """The file is another one from now on: it has to be summed anew."""
    statement = update(tracks).where(tracks.c.recording_id == recording_id, tracks.c.number == number)
    await connection.execute(statement.values(erased_at=at, sha256=None))


async def next_unsummed(
    connection: AsyncConnection, *, resting: Collection[Hashable] = ()
) -> tuple[RecordingId, int] | None:
    """A track of a recording that is ready, changed by being erased."""
    query = (
        select(tracks.c.recording_id, tracks.c.number)
        .join(recordings, recordings.c.id == tracks.c.recording_id)
        .where(tracks.c.erased_at.is_not(None), tracks.c.sha256.is_(None), recordings.c.state == RecordingState.READY)
        .where(tuple_(tracks.c.recording_id, tracks.c.number).not_in(resting))
    )
    row = (await connection.execute(query.limit(1))).one_or_none()
    return None if row is None else (row.recording_id, row.number)


async def technical(connection: AsyncConnection, recording_id: RecordingId) -> dict[int, Technical]:
    """By track number."""
    query = select(tracks.c.number, tracks.c.ssrcs, tracks.c.sha256).where(tracks.c.recording_id == recording_id)
    rows = await connection.execute(query)
    return {row.number: Technical(ssrcs=tuple(row.ssrcs), sha256=row.sha256) for row in rows}


async def add_gaps(connection: AsyncConnection, recording_id: RecordingId, number: int, found: Iterable[Gap]) -> None:
    """A gap that is told again is one gap, as long as it was told last."""
    rows: list[dict[str, Any]] = [
        {"recording_id": recording_id, "number": number, **msgspec.structs.asdict(gap)} for gap in found
    ]
    for row in rows:
        statement = upsert(gaps).values(row)
        keys = ["recording_id", "number", "start_ms", "cause"]
        await connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_={"length_ms": row["length_ms"]})
        )


async def gap_count(connection: AsyncConnection, recording_id: RecordingId) -> int:
    query = select(func.count()).select_from(gaps).where(gaps.c.recording_id == recording_id)
    return int(await connection.scalar(query) or 0)


async def gaps_of(connection: AsyncConnection, recording_id: RecordingId) -> dict[int, tuple[Gap, ...]]:
    """By track number, in order; those under `ALL_TRACKS` concern every track."""
    query = select(gaps).where(gaps.c.recording_id == recording_id).order_by(gaps.c.start_ms, gaps.c.cause)
    found: dict[int, tuple[Gap, ...]] = {}
    for row in await connection.execute(query):
        gap = Gap(start_ms=row.start_ms, length_ms=row.length_ms, cause=row.cause)
        found[row.number] = (*found.get(row.number, ()), gap)
    return found
