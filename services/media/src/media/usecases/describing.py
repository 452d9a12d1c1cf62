"""The manifest of a recording."""

import platform
from importlib import metadata
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId
from contracts.media import Gap, Track
from media.clients.signing import SigningKey
from media.domain.actors import Actor
from media.domain.assembly import SAMPLES_PER_MS, File, Segment, layout_track
from media.domain.life import StoredRecording
from media.domain.manifest import LIMITS, Manifest, ManifestSegment, ManifestTrack, SignedManifest, signed
from media.store import remarks, segments, tracks
from media.store.tracks import Technical
from media.usecases.entering import enter
from media.usecases.playing import length_of
from media.usecases.showing import gaps_by_track

VERSIONS: Final = {"media": "1", "python": platform.python_version(), "litestar": metadata.version("litestar")}


async def describe(
    connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, key: SigningKey
) -> SignedManifest:
    stored, _ = await enter(connection, recording_id, actor=actor)
    return signed(await manifest_of(connection, stored), key)


async def manifest_of(connection: AsyncConnection, stored: StoredRecording) -> Manifest:
    recording = stored.recording
    its_segments = await segments.of_recording(connection, recording.id)
    files = {
        track.number: layout_track(
            recording.id,
            track.number,
            speaker=track.speaker,
            segments=its_segments.get(track.number, []),
            until_ms=length_of(stored),
        )
        for track in recording.tracks
    }
    gaps = await gaps_by_track(connection, recording.id, list(files))
    technical = await tracks.technical(connection, recording.id)
    return Manifest(
        recording_id=recording.id,
        space_id=recording.space_id,
        guild_id=recording.guild_id,
        voice_channel_id=recording.voice_channel_id,
        title=recording.title,
        state=recording.state,
        duration_ms=recording.duration_ms,
        started_at=recording.started_at,
        finished_at=recording.finished_at,
        stop_reason=recording.stop_reason,
        limit_hit=recording.stop_reason if recording.stop_reason in LIMITS else None,
        tracks=tuple(
            _track_of(
                track,
                files[track.number],
                told=gaps[track.number],
                its_segments=its_segments.get(track.number, []),
                technical=technical[track.number],
            )
            for track in recording.tracks
        ),
        notes=await remarks.notes_of(connection, recording.id),
        consents=await remarks.consents_for(connection, recording.space_id, recording.id),
        warnings=recording.warnings,
        versions=VERSIONS,
    )


def _track_of(
    track: Track, file: File, *, told: tuple[Gap, ...], its_segments: list[Segment], technical: Technical
) -> ManifestTrack:
    return ManifestTrack(
        number=track.number,
        speaker=track.speaker,
        duration_ms=file.duration_ms,
        size=file.size,
        sha256=technical.sha256,
        ssrcs=technical.ssrcs,
        packets=track.packets,
        erased_at=track.erased_at,
        segments=tuple(
            ManifestSegment(
                start_ms=one.first_sample // SAMPLES_PER_MS,
                length_ms=(one.last_sample - one.first_sample) // SAMPLES_PER_MS,
                size=one.size,
                sha256=one.sha256,
            )
            for one in its_segments
            if one.measured is not None
        ),
        gaps=tuple(sorted((*told, *file.gaps), key=lambda gap: (gap.start_ms, gap.cause))),
    )
