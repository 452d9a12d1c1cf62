"""Uploads: files that people give, to be attached to messages."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from contracts.files import AttachedFile
from contracts.ids import ChannelId, SpaceId, UserId


class UploadState(StrEnum):
    """An upload is served once it is `ready`, and only then."""

    RESERVED = "reserved"
    READY = "ready"
    REJECTED = "rejected"
    DELETED = "deleted"


class UploadWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of exactly `size` bytes with this SHA-256 (hexadecimal), to be attached in this space."""

    space_id: SpaceId
    filename: str
    size: int
    sha256: str
    content_type: str = "application/octet-stream"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an upload. `content_type` is what was found in it, once it is ready; of a picture that says them
    there are `width` and `height`, in pixels as it is shown. `reason` says why it was rejected."""

    id: UUID
    space_id: SpaceId
    state: UploadState
    filename: str
    size: int
    content_type: str
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    created_at: datetime


class UploadReserved(msgspec.Struct, frozen=True, kw_only=True):
    """Until then a form of these `fields`, and the `file` after them, is taken at `url`; then `complete` it."""

    id: UUID
    state: UploadState
    method: Literal["POST"]
    url: str
    fields: dict[str, str]
    expires_at: datetime


class UploadsWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """This member wants to attach their uploads of this space to a message in this channel: all of them, or none."""

    space_id: SpaceId
    channel_id: ChannelId
    user_id: UserId
    ids: tuple[UUID, ...]


class UploadsMissing(msgspec.Struct, frozen=True, kw_only=True):
    """Those that cannot be attached: not ready, not theirs, not of this space, or already in another channel. Where
    none is missing, all are attached, and `files` says what they are, in the order asked."""

    missing: tuple[UUID, ...] = ()
    files: tuple[AttachedFile, ...] = ()
