"""Channels: make, see, change, archive, delete."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Event
from contracts.ids import ChannelId, RecordingId, SpaceId, UserId, new_id
from contracts.messaging import AccessChanged, Channel, ChannelCreated, ChannelDeleted, ChannelUpdated, MessageKind
from contracts.problems import FieldError, InvalidInput, NotFound
from messaging.domain.access import Access, Permission, names
from messaging.domain.values import check_name, check_room, check_text
from messaging.settings import Settings
from messaging.store import audit, channels, people
from messaging.usecases.announcing import announce
from messaging.usecases.entering import enter_channel, enter_space
from messaging.usecases.spaces import found
from streams.outbox import publish_all


class ChannelWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A private channel is seen by owners, admins, and those whom an override lets in."""

    name: str
    topic: str = ""
    private: bool = False


class ChannelChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    topic: str | msgspec.UnsetType = msgspec.UNSET
    private: bool | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class ChannelSeen(Channel, frozen=True, kw_only=True):
    """A channel with what the reader may do in it."""

    permissions: tuple[str, ...]


def seen(access: Access) -> ChannelSeen:
    return ChannelSeen(permissions=names(access.granted), **msgspec.structs.asdict(access.channel))


def home(channel: Channel) -> str:
    """The topic where exactly those who may see the channel hear about it as a whole."""
    if channel.parent_id is not None:
        return f"channel:{channel.parent_id}"
    return f"channel:{channel.id}" if channel.private else f"space:{channel.space_id}"


def news(channel: Channel, event: Event, *, access_changed: bool) -> list[tuple[str, Event]]:
    """What the channel's own audience hears, and, without naming it, the space when somebody's access changed."""
    told: list[tuple[str, Event]] = [(home(channel), event)]
    if access_changed:
        told.append((f"space:{channel.space_id}", AccessChanged(space_id=channel.space_id)))
    return told


async def create_channel(
    connection: AsyncConnection,
    space_id: SpaceId,
    *,
    user_id: UserId,
    wanted: ChannelWanted,
    at: datetime,
    limits: Settings,
) -> ChannelSeen:
    await found(connection, space_id, lock=True)
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.MANAGE_CHANNELS)
    membership.require_open()
    channel = await _add(connection, space_id, wanted=wanted, recording_id=None, at=at, limits=limits)
    await audit.write(
        connection, space_id, actor_id=user_id, action="channel.created", target=channel.id, after=channel, at=at
    )
    return seen(await enter_channel(connection, channel.id, user_id=user_id))


async def _add(
    connection: AsyncConnection,
    space_id: SpaceId,
    *,
    wanted: ChannelWanted,
    recording_id: RecordingId | None,
    at: datetime,
    limits: Settings,
) -> Channel:
    check_room(await channels.count(connection, space_id), limit=limits.channels_per_space_max, what="channels")
    channel = Channel(
        id=ChannelId(new_id()),
        space_id=space_id,
        name=check_name(wanted.name, limits=limits),
        topic=check_text(wanted.topic, pointer="/topic", chars_max=limits.topic_chars_max),
        private=wanted.private,
        recording_id=recording_id,
        created_at=at,
    )
    await channels.add(connection, channel)
    created = ChannelCreated(**msgspec.structs.asdict(channel))
    told = news(channel, created, access_changed=channel.private)
    await publish_all(connection, told, decided_by=f"space:{space_id}")
    return channel


async def provide_recording_channel(
    connection: AsyncConnection,
    space_id: SpaceId,
    recording_id: RecordingId,
    *,
    name: str,
    at: datetime,
    limits: Settings,
) -> Channel:
    """The channel of a recording, made when first asked for."""
    await found(connection, space_id, lock=True)
    known = await channels.of_recording(connection, recording_id)
    if known is None:
        wanted = ChannelWanted(name=name)
        return await _add(connection, space_id, wanted=wanted, recording_id=recording_id, at=at, limits=limits)
    channel = await channels.find(connection, known)
    if channel is None or channel.space_id != space_id:
        raise NotFound
    return channel


async def list_channels(connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId) -> list[ChannelSeen]:
    """Those that the reader sees, without threads, oldest first."""
    await enter_space(connection, space_id, user_id=user_id)
    return [seen(one) for one in await channels.visible(connection, [space_id], user_id, threads="none")]


async def show_channel(connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId) -> ChannelSeen:
    return seen(await enter_channel(connection, channel_id, user_id=user_id))


async def change_channel(
    connection: AsyncConnection,
    channel_id: ChannelId,
    *,
    user_id: UserId,
    change: ChannelChange,
    at: datetime,
    limits: Settings,
) -> ChannelSeen:
    """Also opens an archived channel again."""
    await channels.lock(connection, channel_id)
    access = await _manage(connection, channel_id, user_id=user_id)
    if change.archived is msgspec.UNSET:
        access.require_open()
    before = access.channel
    after = _changed(before, change, at=at, limits=limits)
    if after == before:
        return seen(access)
    await channels.save(connection, after)
    await audit.write(
        connection,
        before.space_id,
        actor_id=user_id,
        action="channel.changed",
        target=channel_id,
        before=before,
        after=after,
        at=at,
    )
    updated = ChannelUpdated(**msgspec.structs.asdict(after))
    told = news(after, updated, access_changed=after.private != before.private)
    if after.name == before.name:
        await publish_all(connection, told, decided_by=f"space:{before.space_id}")
    else:
        author = (await people.find(connection, [user_id]))[user_id]
        await announce(
            connection,
            after,
            author=author,
            kind=MessageKind.CHANNEL_RENAMED,
            content=after.name,
            at=at,
            along=told,
        )
    return seen(await enter_channel(connection, channel_id, user_id=user_id))


async def _manage(connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId) -> Access:
    """A thread belongs to those who moderate its parent."""
    access = await enter_channel(connection, channel_id, user_id=user_id)
    access.require(Permission.MANAGE_CHANNELS if access.channel.parent_id is None else Permission.MODERATE)
    return access


def _changed(channel: Channel, change: ChannelChange, *, at: datetime, limits: Settings) -> Channel:
    given: dict[str, object] = {}
    if change.name is not msgspec.UNSET:
        given["name"] = check_name(change.name, limits=limits)
    if change.topic is not msgspec.UNSET:
        given["topic"] = check_text(change.topic, pointer="/topic", chars_max=limits.topic_chars_max)
    if change.private is not msgspec.UNSET and change.private != channel.private:
        if channel.parent_id is not None:
            raise InvalidInput(errors=[FieldError("/private", "a thread is as private as its parent")])
        given["private"] = change.private
    if change.archived is not msgspec.UNSET and change.archived != (channel.archived_at is not None):
        given["archived_at"] = at if change.archived else None
    return msgspec.structs.replace(channel, **given)


async def delete_channel(connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId, at: datetime) -> None:
    """With its threads."""
    await channels.lock(connection, channel_id)
    access = await _manage(connection, channel_id, user_id=user_id)
    channel = access.channel
    threads = await channels.remove(connection, channel_id, at=at)
    await audit.write(
        connection,
        channel.space_id,
        actor_id=user_id,
        action="channel.deleted",
        target=channel_id,
        before=channel,
        at=at,
    )
    deleted = ChannelDeleted(id=channel_id, space_id=channel.space_id, threads=tuple(threads))
    told = news(channel, deleted, access_changed=channel.private)
    await publish_all(connection, told, decided_by=f"space:{channel.space_id}")
