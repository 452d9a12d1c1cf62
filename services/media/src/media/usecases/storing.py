"""Segments: announced by a recorder, uploaded to the object store, checked, and from then on media's to keep."""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId
from contracts.media import SegmentAcknowledged, SegmentReserved, SegmentState, SegmentWanted, Speaker
from contracts.problems import FieldError, InvalidInput, NotFound
from media.clients.objects import Objects, sha256_of
from media.domain import life, pages
from media.domain.assembly import SAMPLES_PER_MS
from media.domain.life import BEFORE, StoredRecording
from media.domain.refusals import (
    NoRoom,
    NotNow,
    OptedOut,
    RecordingOver,
    SegmentDamaged,
    SegmentDiffers,
    SegmentMissing,
)
from media.settings import Settings
from media.store import recordings, remarks, segments, tracks
from media.store.segments import Reservation
from media.usecases.claiming import found
from media.usecases.reporting import check_gaps, provide_track
from voice.opus import SAMPLE_RATE

_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


async def reserve(
    connection: AsyncConnection,
    recording_id: RecordingId,
    wanted: SegmentWanted,
    *,
    objects: Objects,
    at: datetime,
    settings: Settings,
) -> SegmentReserved:
    """A place for the segment, and an address that takes exactly its bytes."""
    _check(wanted, settings=settings)
    stored = await found(connection, recording_id)
    known = await segments.find(connection, recording_id, wanted.id)
    if known is not None:
        _compare(known, wanted)
        _refuse_erased(known)
        if known.segment.measured is not None:
            return SegmentReserved(id=wanted.id, track=known.number, state=SegmentState.ACKNOWLEDGED)
    await _refuse_opted_out(connection, stored, wanted.discord_id)
    _require_open(stored)
    number = known.number if known else await _add(connection, stored, wanted, at=at, settings=settings)
    key = segments.key_of(recording_id, number, wanted.id)
    upload = await objects.presign(key, size=wanted.size, sha256=wanted.sha256, at=at)
    return SegmentReserved(
        id=wanted.id,
        track=number,
        state=SegmentState.RESERVED,
        url=upload.url,
        headers=upload.headers,
        expires_at=upload.expires_at,
    )


async def announced(connection: AsyncConnection, recording_id: RecordingId, segment_id: UUID) -> Reservation:
    """What was reserved under this id."""
    reservation = await segments.find(connection, recording_id, segment_id)
    if reservation is None:
        raise NotFound
    _refuse_erased(reservation)
    return reservation


async def check(reservation: Reservation, *, objects: Objects) -> pages.Measured:
    """Look at what was uploaded; outside of any transaction, as it takes its time."""
    segment = reservation.segment
    if segment.measured is not None:
        return segment.measured
    content = await objects.read(segment.key, bytes_max=segment.size)
    if content is None:
        raise SegmentMissing
    if len(content) != segment.size or sha256_of(content) != segment.sha256:
        raise SegmentDamaged(f"{segment.size} bytes with SHA-256 {segment.sha256} were announced")
    measured = pages.measure(content)
    if measured.samples != segment.last_sample - segment.first_sample:
        raise pages.SegmentUnreadable(
            f"its packets play {measured.samples} samples, not {segment.last_sample - segment.first_sample}"
        )
    return measured


async def acknowledge(
    connection: AsyncConnection,
    recording_id: RecordingId,
    reservation: Reservation,
    *,
    measured: pages.Measured,
    at: datetime,
) -> SegmentAcknowledged:
    """The bytes are there and right: the recorder may forget them."""
    segment = reservation.segment
    stored = await found(connection, recording_id)
    if (await announced(connection, recording_id, segment.id)).segment.measured is None:
        await _refuse_opted_out(connection, stored, reservation.discord_id)
        _require_open(stored)
        await segments.acknowledge(connection, recording_id, segment.id, measured=measured, at=at)
        await tracks.add_gaps(connection, recording_id, reservation.number, reservation.gaps)
        await recordings.save(connection, life.replace(stored, touched_at=at))
    return SegmentAcknowledged(id=segment.id, track=reservation.number, sha256=segment.sha256)


async def _add(
    connection: AsyncConnection, stored: StoredRecording, wanted: SegmentWanted, *, at: datetime, settings: Settings
) -> int:
    recording_id = stored.recording.id
    if await recordings.size(connection, recording_id) + wanted.size > settings.recording_bytes_max:
        raise NoRoom(f"At most {settings.recording_bytes_max} bytes")
    await check_gaps(connection, recording_id, wanted.gaps, settings=settings)
    speaker = Speaker(discord_id=wanted.discord_id, name=wanted.discord_id)
    number = await provide_track(connection, stored, speaker, settings=settings)
    await segments.add(connection, recording_id, number, wanted, at=at)
    return number


async def _refuse_opted_out(connection: AsyncConnection, stored: StoredRecording, discord_id: str) -> None:
    if discord_id in await remarks.opted_out(connection, stored.recording.space_id, stored.recording.id):
        raise OptedOut


def _refuse_erased(reservation: Reservation) -> None:
    """Its speaker had it erased, and it stays so, whatever they choose later."""
    if reservation.segment.erased:
        raise OptedOut("It was erased")


def _require_open(stored: StoredRecording) -> None:
    if stored.complete:
        raise RecordingOver
    if stored.state in BEFORE:
        raise NotNow("Nothing is recorded yet: report that you have joined")


def _compare(known: Reservation, wanted: SegmentWanted) -> None:
    segment = known.segment
    told = (known.discord_id, segment.first_sample, segment.last_sample, segment.size, segment.sha256)
    if told != (wanted.discord_id, wanted.first_sample, wanted.last_sample, wanted.size, wanted.sha256):
        raise SegmentDiffers


def _check(wanted: SegmentWanted, *, settings: Settings) -> None:
    longest = round(settings.recording_hours_max * 3_600_000) * SAMPLES_PER_MS
    samples = wanted.last_sample - wanted.first_sample
    errors: list[FieldError] = []
    if not (0 <= wanted.first_sample < wanted.last_sample <= longest):
        errors.append(FieldError("/last_sample", "must come after first_sample, within the longest recording"))
    elif wanted.first_sample % pages.GRAIN or samples % pages.GRAIN:
        errors.append(FieldError("/first_sample", f"segments begin and end on multiples of {pages.GRAIN} samples"))
    elif samples > settings.segment_seconds_max * SAMPLE_RATE:
        errors.append(FieldError("/last_sample", f"a segment has at most {settings.segment_seconds_max} seconds"))
    if not 1 <= wanted.size <= settings.segment_bytes_max:
        errors.append(FieldError("/size", f"must be 1 to {settings.segment_bytes_max} bytes"))
    if not _SHA256.fullmatch(wanted.sha256):
        errors.append(FieldError("/sha256", "must be 64 hexadecimal digits"))
    if len(wanted.gaps) > settings.gaps_per_segment_max:
        errors.append(FieldError("/gaps", f"at most {settings.gaps_per_segment_max}"))
    if errors:
        raise InvalidInput(errors=errors)
