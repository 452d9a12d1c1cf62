"""What a recording consists of, and what is missing from it and why; signed, so that nobody can say otherwise later."""

import base64
import hashlib
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from contracts.ids import RecordingId, SpaceId
from contracts.media import Consent, Gap, Note, PacketCounts, RecordingState, RecordingWarning, Speaker, StopReason

FORMAT: Final = "guildhall.recording.v1"
KEY_ID: Final = "media"


class ManifestSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a track as the recorder delivered it."""

    start_ms: int
    length_ms: int
    size: int
    sha256: str


class ManifestTrack(msgspec.Struct, frozen=True, kw_only=True):
    """One speaker. `sha256` and `size` are of the whole file; they are there once the recording is ready. What was
    recorded before `erased_at` was removed, as the speaker wanted: it is no longer among `segments`, but in `gaps`."""

    number: int
    speaker: Speaker
    duration_ms: int
    size: int
    sha256: str | None
    ssrcs: tuple[int, ...]
    packets: PacketCounts
    segments: tuple[ManifestSegment, ...]
    gaps: tuple[Gap, ...]
    erased_at: datetime | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`limit_hit` is the limit that ended the recording, if one did; `versions` say who made this."""

    recording_id: RecordingId
    space_id: SpaceId
    guild_id: str
    voice_channel_id: str
    title: str
    state: RecordingState
    duration_ms: int
    started_at: datetime | None
    finished_at: datetime | None
    stop_reason: StopReason | None
    limit_hit: StopReason | None
    tracks: tuple[ManifestTrack, ...]
    notes: tuple[Note, ...]
    consents: tuple[Consent, ...]
    warnings: tuple[RecordingWarning, ...]
    versions: dict[str, str]
    format: str = FORMAT


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A JWS (RFC 7515) with detached payload: the `manifest` beside it in canonical form, which is its JSON with
    sorted names and no spaces. `key` is the public half, to be compared with `/api/v1/recordings/keys`."""

    jws: str
    key: dict[str, Any]
    algorithm: str = "ES256"


class SignedManifest(msgspec.Struct, frozen=True, kw_only=True):
    manifest: Manifest
    signature: Signature


class Key(Protocol):
    """Media's own: signs bytes with ES256."""

    public: dict[str, Any]

    def sign(self, message: bytes) -> bytes: ...


LIMITS: Final = frozenset({StopReason.LENGTH, StopReason.SIZE, StopReason.SILENCE, StopReason.EMPTY})


def canonical(manifest: Manifest) -> bytes:
    return msgspec.json.encode(manifest, order="sorted")


def signed(manifest: Manifest, key: Key) -> SignedManifest:
    header = _base64url(msgspec.json.encode({"alg": "ES256", "kid": KEY_ID}))
    signature = key.sign(f"{header}.{_base64url(canonical(manifest))}".encode())
    jws = f"{header}..{_base64url(signature)}"
    return SignedManifest(manifest=manifest, signature=Signature(jws=jws, key=key.public))


def etag(signed_manifest: SignedManifest) -> str:
    """The same content has the same name; ES256 signatures differ each time."""
    return f'"{hashlib.sha256(canonical(signed_manifest.manifest)).hexdigest()[:40]}"'


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
