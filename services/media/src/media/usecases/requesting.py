"""Ask for a recording."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId, SpaceId, new_id
from contracts.media import Recording, RecordingRequested, RecordingState, RecordingWanted
from contracts.problems import FieldError, InvalidInput
from media.domain.actors import Actor, require
from media.domain.life import StoredRecording
from media.domain.refusals import AlreadyRecording, GuildNotLinked
from media.settings import Settings
from media.store import people, recordings
from media.usecases.entering import enter_space
from media.usecases.telling import tell_recording


async def request_recording(
    connection: AsyncConnection,
    wanted: RecordingWanted,
    *,
    actor: Actor,
    at: datetime,
    settings: Settings,
) -> Recording:
    _check(wanted, settings=settings)
    space_id = await _space_of(connection, wanted, actor=actor, settings=settings)
    recording = Recording(
        id=RecordingId(new_id()),
        space_id=space_id,
        guild_id=wanted.guild_id,
        voice_channel_id=wanted.voice_channel_id,
        text_channel_id=wanted.text_channel_id,
        title=wanted.title.strip(),
        state=RecordingState.REQUESTED,
        requested_by=actor.user_id,
        requested_by_discord=actor.discord_id,
        created_at=at,
    )
    if not await recordings.add(connection, StoredRecording(recording=recording, touched_at=at)):
        other = await recordings.of_voice_channel(connection, wanted.guild_id, wanted.voice_channel_id)
        raise AlreadyRecording(f"By recording {other}")
    await tell_recording(connection, RecordingRequested, recording)
    return recording


async def _space_of(
    connection: AsyncConnection, wanted: RecordingWanted, *, actor: Actor, settings: Settings
) -> SpaceId:
    """The space in which the actor may start recordings of the guild."""
    linked = await people.space_of(connection, wanted.guild_id)
    space_id = wanted.space_id or linked
    if space_id is None:
        raise GuildNotLinked("Link it first: an admin of the space types /space link in Discord")
    require(await enter_space(connection, space_id, actor=actor), settings.record_role)
    if linked != space_id:
        raise GuildNotLinked
    return space_id


def _check(wanted: RecordingWanted, *, settings: Settings) -> None:
    errors = [
        FieldError(f"/{name}", "is not an id of Discord's")
        for name in ("guild_id", "voice_channel_id", "text_channel_id")
        if (value := getattr(wanted, name)) is not None and not is_snowflake(value)
    ]
    if len(wanted.title) > settings.title_chars_max or "\0" in wanted.title:
        errors.append(FieldError("/title", f"at most {settings.title_chars_max} characters, none of them zero"))
    if errors:
        raise InvalidInput(errors=errors)


def is_snowflake(text: str) -> bool:
    """Discord's ids: unsigned 64-bit numbers."""
    return text.isascii() and text.isdigit() and len(text) <= 20
