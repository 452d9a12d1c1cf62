"""What a recorder tells of the recording it has. Each report renews the lease; a repeated one changes nothing."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Event
from contracts.ids import RecordingId
from contracts.media import (
    Anchor,
    Failed,
    Finished,
    Gap,
    Heard,
    Joined,
    Missed,
    Orders,
    PacketCounts,
    Paused,
    Progressed,
    RecordingProgressed,
    RecordingStarted,
    RecordingState,
    RecordingWarning,
    Report,
    Resumed,
    Speaker,
    Stopped,
    StopReason,
    Warned,
)
from contracts.problems import FieldError, InvalidInput
from media.domain import life
from media.domain.life import StoredRecording
from media.domain.refusals import NoRoom
from media.settings import Settings
from media.store import remarks, tracks
from media.usecases.claiming import found, orders_for
from media.usecases.moving import ENTERED
from media.usecases.requesting import is_snowflake
from media.usecases.telling import keep, tell_recording

REASON_CHARS_MAX = 500
NAME_CHARS_MAX = 100


async def take_report(
    connection: AsyncConnection,
    recording_id: RecordingId,
    report: Report,
    *,
    lease_id: UUID,
    at: datetime,
    settings: Settings,
) -> Orders:
    """What is to be done now. Of a recording that is complete nothing more is heard, whoever reports."""
    stored = await found(connection, recording_id)
    if stored.complete:
        return await orders_for(connection, stored, at=at)
    renewed = life.renew(stored, lease_id=lease_id, at=at, seconds=settings.lease_seconds)
    await _take_details(connection, renewed, report, settings=settings)
    moved = _moved(renewed, report, at=at, settings=settings)
    kept = await keep(connection, moved)
    if kept.recording != stored.recording:
        await tell_recording(connection, _event_of(stored, kept), kept.recording)
    return await orders_for(connection, kept, at=at)


def _moved(stored: StoredRecording, report: Report, *, at: datetime, settings: Settings) -> StoredRecording:
    """The recording after the report."""
    longest_ms = round(settings.recording_hours_max * 3_600_000)
    moved = stored
    match report:
        case Joined(anchor=anchor):
            moved = life.join(stored, _checked(anchor, longest_ms))
        case Paused(anchor=anchor) | Resumed(anchor=anchor):
            moved = life.move_anchor(stored, _checked(anchor, longest_ms))
        case Progressed(position_ms=position_ms):
            moved = life.progress(stored, _position(position_ms, longest_ms))
        case Stopped(position_ms=position_ms, reason=reason):
            moved = life.measure(life.stop(stored, at=at, reason=reason), _position(position_ms, longest_ms))
        case Finished():
            moved = life.complete(stored, at=at)
        case Failed(reason=why):
            failed = life.fail(stored, at=at, why=why[:REASON_CHARS_MAX])
            moved = life.stop(failed, at=at, reason=StopReason.REMOVED)
        case Warned(warning=warning):
            moved = _warned(stored, warning, warnings_max=settings.warnings_per_recording_max)
        case Heard() | Missed():
            pass
    return moved


def _event_of(before: StoredRecording, after: StoredRecording) -> type[Event]:
    if after.state is before.state:
        return RecordingProgressed
    return RecordingStarted if after.state is RecordingState.RECORDING else ENTERED[after.state]


async def _take_details(
    connection: AsyncConnection, stored: StoredRecording, report: Report, *, settings: Settings
) -> None:
    """What the report says of single tracks."""
    recording_id = stored.recording.id
    match report:
        case Progressed(packets=packets) | Finished(packets=packets):
            await _count(connection, stored, packets)
        case Heard(speaker=speaker, ssrc=ssrc):
            if speaker.discord_id not in await remarks.opted_out(connection, stored.recording.space_id, recording_id):
                number = await provide_track(connection, stored, speaker, settings=settings)
                await tracks.add_ssrc(
                    connection, recording_id, number, ssrc=ssrc & 0xFFFF_FFFF, ssrcs_max=settings.ssrcs_per_track_max
                )
        case Missed(gap=gap, discord_id=discord_id):
            await check_gaps(connection, recording_id, (gap,), settings=settings)
            number = tracks.ALL_TRACKS
            if discord_id is not None:
                speaker = Speaker(discord_id=discord_id, name=discord_id)
                number = await provide_track(connection, stored, speaker, settings=settings)
            await tracks.add_gaps(connection, recording_id, number, (gap,))
        case _:
            pass


async def provide_track(
    connection: AsyncConnection, stored: StoredRecording, speaker: Speaker, *, settings: Settings
) -> int:
    """The number of the speaker's track, made when first asked for. The recording must be locked."""
    if not is_snowflake(speaker.discord_id):
        raise InvalidInput(errors=[FieldError("/discord_id", "is not an id of Discord's")])
    name = "".join(letter for letter in speaker.name if letter.isprintable())[:NAME_CHARS_MAX] or speaker.discord_id
    recording = stored.recording
    for track in recording.tracks:
        if track.speaker.discord_id == speaker.discord_id:
            if name not in {track.speaker.name, speaker.discord_id}:
                await tracks.rename(connection, recording.id, track.number, name=name)
            return track.number
    number = len(recording.tracks) + 1
    if number > settings.tracks_per_recording_max:
        raise NoRoom(f"At most {settings.tracks_per_recording_max} tracks")
    await tracks.add(connection, recording.id, number, speaker=Speaker(discord_id=speaker.discord_id, name=name))
    return number


async def check_gaps(
    connection: AsyncConnection, recording_id: RecordingId, gaps: tuple[Gap, ...], *, settings: Settings
) -> None:
    longest_ms = round(settings.recording_hours_max * 3_600_000)
    for gap in gaps:
        if not (0 <= gap.start_ms <= longest_ms and 0 <= gap.length_ms <= longest_ms and 1 <= len(gap.cause) <= 50):
            raise InvalidInput(errors=[FieldError("/gaps", "a gap lies in the recording, and has a short cause")])
    if gaps and await tracks.gap_count(connection, recording_id) + len(gaps) > settings.gaps_per_recording_max:
        raise NoRoom(f"At most {settings.gaps_per_recording_max} gaps")


async def _count(connection: AsyncConnection, stored: StoredRecording, packets: dict[str, PacketCounts]) -> None:
    if len(packets) > len(stored.recording.tracks) + 1000:
        raise InvalidInput(errors=[FieldError("/report/packets", "counts more speakers than there can be")])
    await tracks.count_packets(connection, stored.recording.id, packets)


def _warned(stored: StoredRecording, warning: RecordingWarning, *, warnings_max: int) -> StoredRecording:
    warnings = stored.recording.warnings
    if warning in warnings or len(warnings) >= warnings_max:
        return stored
    short = msgspec.structs.replace(warning, code=warning.code[:50], detail=warning.detail[:REASON_CHARS_MAX])
    return life.replace(stored, recording=life.replace(stored.recording, warnings=(*warnings, short)))


def _checked(anchor: Anchor, longest_ms: int) -> Anchor:
    _position(anchor.position_ms, longest_ms)
    return anchor


def _position(position_ms: int, longest_ms: int) -> int:
    if not 0 <= position_ms <= longest_ms:
        raise InvalidInput(errors=[FieldError("/report/position_ms", "is no position in a recording")])
    return position_ms
