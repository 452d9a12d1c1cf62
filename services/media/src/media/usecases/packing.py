"""A whole recording as one zip, made while it is sent."""

import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterable
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId
from contracts.media import Note
from contracts.times import rfc3339
from media.clients.objects import Objects
from media.clients.signing import SigningKey
from media.domain.actors import Actor
from media.domain.assembly import File, layout_track
from media.domain.manifest import SignedManifest, signed
from media.store import segments
from media.usecases.describing import manifest_of
from media.usecases.entering import enter
from media.usecases.playing import length_of, read


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """What goes into the zip: tracks by their names in it."""

    name: str
    at: datetime
    tracks: dict[str, File]
    manifest: SignedManifest


class _Buffer(io.RawIOBase):
    """What zipfile has written and has not been sent yet."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, written: object) -> int:
        chunk = bytes(memoryview(written))  # pyright: ignore[reportArgumentType]  any buffer, as zipfile gives it
        self._written.append(chunk)
        return len(chunk)

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken


async def pack(connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, key: SigningKey) -> Archive:
    """The recording as it is at this moment."""
    stored, _ = await enter(connection, recording_id, actor=actor)
    its_segments = await segments.of_recording(connection, recording_id)
    files = {
        f"{track.number}-{_plain(track.speaker.name)}.ogg": layout_track(
            recording_id,
            track.number,
            speaker=track.speaker,
            segments=its_segments.get(track.number, []),
            until_ms=length_of(stored),
        )
        for track in stored.recording.tracks
    }
    recording = stored.recording
    name = _plain(recording.title) if recording.title else f"recording-{recording_id}"
    manifest = signed(await manifest_of(connection, stored), key)
    return Archive(name=name, at=recording.started_at or recording.created_at, tracks=files, manifest=manifest)


async def send(archive: Archive, *, objects: Objects) -> AsyncGenerator[bytes]:
    """The zip's bytes. Audio is stored as it is: it does not get smaller."""
    buffer = _Buffer()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, file in archive.tracks.items():
            async for chunk in _stored(zipped, buffer, name, at=archive.at, content=read(file, objects=objects)):
                yield chunk
        manifest = msgspec.json.format(msgspec.json.encode(archive.manifest), indent=2)
        zipped.writestr(_entry("manifest.json", at=archive.at), manifest)
        zipped.writestr(_entry("notes.txt", at=archive.at), notes_text(archive.manifest.manifest.notes))
    yield buffer.take()


async def _stored(
    zipped: zipfile.ZipFile, buffer: _Buffer, name: str, *, at: datetime, content: AsyncIterable[bytes]
) -> AsyncGenerator[bytes]:
    with zipped.open(_entry(name, at=at), "w", force_zip64=True) as entry:
        async for chunk in content:
            entry.write(chunk)
            yield buffer.take()


def _entry(name: str, *, at: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, date_time=at.timetuple()[:6])


def notes_text(notes: tuple[Note, ...]) -> str:
    """`0:01:02.345  text`, a line each."""
    return "".join(
        f"{_clock(note.at_ms)}  {' '.join(note.text.split())}  ({rfc3339(note.created_at)})\n" for note in notes
    )


def _clock(at_ms: int) -> str:
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


def _plain(name: str) -> str:
    """Fit for any file system."""
    kept = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in name).strip()
    return kept[:60] or "_"
