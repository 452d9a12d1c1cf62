"""Tracks as files: any bytes of them, read from the object store as they are asked for."""

from collections.abc import AsyncGenerator

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId
from contracts.media import RecordingState
from contracts.problems import NotFound
from media.clients.objects import Objects
from media.domain import pages
from media.domain.actors import Actor
from media.domain.assembly import File, Piece, layout_track
from media.domain.life import StoredRecording
from media.domain.ranges import Span
from media.domain.refusals import SegmentLost
from media.store import segments
from media.usecases.entering import enter


async def open_track(connection: AsyncConnection, recording_id: RecordingId, number: int, *, actor: Actor) -> File:
    """What is acknowledged so far; as long as the recording once that is ready."""
    stored, _ = await enter(connection, recording_id, actor=actor)
    return await file_of(connection, stored, number)


async def file_of(connection: AsyncConnection, stored: StoredRecording, number: int) -> File:
    recording_id = stored.recording.id
    for track in stored.recording.tracks:
        if track.number == number:
            found = await segments.of_track(connection, recording_id, number)
            return layout_track(recording_id, number, speaker=track.speaker, segments=found, until_ms=length_of(stored))
    raise NotFound


def length_of(stored: StoredRecording) -> int | None:
    """How long every track is; while that is not known, each is as long as it is."""
    return stored.recording.duration_ms if stored.state is RecordingState.READY else None


async def read(file: File, *, objects: Objects, span: Span | None = None) -> AsyncGenerator[bytes]:
    """The bytes of the file, or those of a span. At most one segment is in memory."""
    first, end = (0, file.size) if span is None else (span.first, span.end)
    offset = 0
    for piece in file.pieces:
        if offset < end and first < offset + piece.size:
            content = await _content_of(piece, file.serial, objects=objects)
            yield content[max(0, first - offset) : end - offset]
        offset += piece.size


async def _content_of(piece: Piece, serial: int, *, objects: Objects) -> bytes:
    if piece.header:
        return piece.header
    if piece.segment is None or piece.segment.measured is None:
        return pages.silence(piece.silence, serial=serial, page=piece.page, sample=piece.sample, end=piece.end)
    content = await objects.read(piece.segment.key, bytes_max=piece.segment.size)
    if content is None or len(content) != piece.segment.size:
        raise SegmentLost(f"Segment {piece.segment.id}")
    measured = piece.segment.measured
    audio = content[measured.from_byte : measured.to_byte]
    return pages.placed(audio, serial=serial, page=piece.page, sample=piece.sample)
