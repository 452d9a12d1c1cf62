"""Recordings as members see them."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId, SpaceId
from contracts.media import Gap, RecordingDetail, RecordingPage
from contracts.problems import FieldError, InvalidInput
from media.domain.actors import Actor, require
from media.domain.refusals import GuildNotLinked
from media.settings import Settings
from media.store import people, recordings, remarks, tracks
from media.usecases.entering import enter, enter_space
from media.usecases.telling import topic_of
from streams import log


async def list_recordings(
    connection: AsyncConnection,
    *,
    actor: Actor,
    space_id: SpaceId | None,
    guild_id: str | None,
    before: RecordingId | None,
    limit: int | None,
    deleted: bool,
    settings: Settings,
) -> RecordingPage:
    """Newest first; those that were deleted are for people who may restore them. The position is read before the
    recordings, so no event after it can be missed."""
    space_id = space_id or await _linked_space(connection, guild_id)
    role = await enter_space(connection, space_id, actor=actor)
    if deleted:
        require(role, settings.record_role)
    count = settings.page_items_default if limit is None else limit
    if not 1 <= count <= settings.page_items_max:
        raise InvalidInput(errors=[FieldError("limit", f"must be between 1 and {settings.page_items_max}")])
    seq = await log.head(connection, topic_of(space_id))
    found = await recordings.page(connection, space_id, before=before, limit=count + 1, deleted=deleted)
    items = tuple(stored.recording for stored in found[:count])
    return RecordingPage(items=items, seq=seq, next_cursor=str(items[-1].id) if len(found) > count else None)


async def show_recording(connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor) -> RecordingDetail:
    stored, _ = await enter(connection, recording_id, actor=actor)
    recording = stored.recording
    return RecordingDetail(
        notes=await remarks.notes_of(connection, recording_id),
        consents=await remarks.consents_for(connection, recording.space_id, recording_id),
        gaps=await gaps_by_track(connection, recording_id, [track.number for track in recording.tracks]),
        manifest_url=f"/api/v1/recordings/{recording_id}/manifest",
        **msgspec.structs.asdict(recording),
    )


async def gaps_by_track(
    connection: AsyncConnection, recording_id: RecordingId, numbers: list[int]
) -> dict[int, tuple[Gap, ...]]:
    """Those that concern every track stand in each."""
    found = await tracks.gaps_of(connection, recording_id)
    everywhere = found.get(tracks.ALL_TRACKS, ())
    return {
        number: tuple(sorted((*everywhere, *found.get(number, ())), key=lambda gap: (gap.start_ms, gap.cause)))
        for number in numbers
    }


async def _linked_space(connection: AsyncConnection, guild_id: str | None) -> SpaceId:
    if guild_id is None:
        raise InvalidInput(errors=[FieldError("space_id", "is needed, or guild_id")])
    space_id = await people.space_of(connection, guild_id)
    if space_id is None:
        raise GuildNotLinked("Link it first: an admin of the space types /space link in Discord")
    return space_id
