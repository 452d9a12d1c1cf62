"""A recorder takes a recording, and hears what to do with it."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import advisory_lock
from contracts.ids import RecordingId, new_id
from contracts.media import Claimed, ClaimWanted, Orders, RecorderLimits, Recording, RecordingClaimed, TrackSoFar
from contracts.problems import FieldError, InvalidInput, NotFound
from media.domain import life
from media.domain.life import StoredRecording
from media.domain.refusals import IdentityBusy
from media.settings import Settings
from media.store import recordings, remarks, segments
from media.usecases.requesting import is_snowflake
from media.usecases.telling import keep

HOLDER_CHARS_MAX = 100


async def list_claimable(
    connection: AsyncConnection, *, holder: str, at: datetime, heard_since: datetime, settings: Settings
) -> list[Recording]:
    have_had_time = heard_since + timedelta(seconds=settings.lease_seconds) <= at
    found = await recordings.claimable(
        connection, holder=holder, expired_at=at if have_had_time else None, limit=settings.page_items_max
    )
    return [stored.recording for stored in found]


async def claim(
    connection: AsyncConnection,
    recording_id: RecordingId,
    wanted: ClaimWanted,
    *,
    at: datetime,
    heard_since: datetime,
    settings: Settings,
) -> Claimed:
    """The recording is the caller's until the lease runs out; with an anchor, if it has begun before."""
    if not is_snowflake(wanted.identity) or not 1 <= len(wanted.holder) <= HOLDER_CHARS_MAX:
        raise InvalidInput(errors=[FieldError("/identity", "must be a bot's Discord id, and the holder a short name")])
    stored = await found(connection, recording_id)
    await advisory_lock(connection, f"media.identity:{stored.recording.guild_id}:{wanted.identity}")
    if await recordings.identity_is_busy(connection, stored, identity=wanted.identity, at=at):
        raise IdentityBusy
    taken = life.claim(
        stored, wanted=wanted, lease_id=new_id(), at=at, seconds=settings.lease_seconds, heard_since=heard_since
    )
    kept = await keep(connection, taken, RecordingClaimed)
    ends = await segments.last_samples(connection, recording_id)
    if kept.lease is None:
        raise NotFound
    return Claimed(
        recording=kept.recording,
        lease_id=kept.lease.id,
        orders=await orders_for(connection, kept, at=at),
        anchor=kept.anchor,
        tracks=tuple(
            TrackSoFar(number=one.number, discord_id=one.speaker.discord_id, last_sample=ends.get(one.number, 0))
            for one in kept.recording.tracks
        ),
        limits=RecorderLimits(
            length_ms_max=round(settings.recording_hours_max * 3_600_000),
            bytes_max=settings.recording_bytes_max,
            tracks_max=settings.tracks_per_recording_max,
            segment_bytes_max=settings.segment_bytes_max,
        ),
    )


async def found(connection: AsyncConnection, recording_id: RecordingId) -> StoredRecording:
    """The recording, locked; for recorders, who see them all."""
    stored = await recordings.find(connection, recording_id, lock=True)
    if stored is None:
        raise NotFound
    return stored


async def orders_for(connection: AsyncConnection, stored: StoredRecording, *, at: datetime) -> Orders:
    recording = stored.recording
    return Orders(
        state=recording.state,
        opted_out=await remarks.opted_out(connection, recording.space_id, recording.id),
        lease_expires_at=at if stored.lease is None else stored.lease.expires_at,
    )
