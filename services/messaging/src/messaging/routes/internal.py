"""What only other services may ask."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.tokens import Verifier, services_only
from contracts.events import LogPage
from contracts.ids import ChannelId, RecordingId, SpaceId, UserId
from contracts.instance import PATH, ChatInfo
from contracts.messaging import Channel, Member, Role, Space
from contracts.problems import FieldError, InvalidInput
from contracts.times import now
from messaging.domain.paging import SEQ_MAX
from messaging.domain.values import SpaceSeen
from messaging.routes.post_server import issue_post_token
from messaging.settings import Settings
from messaging.usecases import channels, members, spaces, watching
from messaging.usecases.attaching import check_is_shown
from messaging.usecases.entering import enter_channel


class RecordingChannelWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


@get("/internal/log")
async def read_log(
    topic: FromQuery[str],
    snapshot: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    after: FromQuery[int | None] = None,
    limit: FromQuery[int | None] = None,
    audience: FromQuery[bool] = False,
) -> LogPage:
    """All that followed `after`, or `reset`; who may watch the topic, when asked for."""
    if after is not None and not 0 <= after <= SEQ_MAX:
        raise InvalidInput(errors=[FieldError("after", "must be a position")])
    most = min(limit or limits.log_events_max, limits.log_events_max)
    return await watching.read_topic(snapshot, topic, after=after, limit=most, audience=audience)


@get("/internal/spaces")
async def find_space(guild_id: FromQuery[str], transaction: NamedDependency[AsyncConnection]) -> Space:
    """The space that a Discord server is linked to."""
    return await spaces.show_linked_space(transaction, guild_id)


@get("/internal/people/{user_id:uuid}/spaces")
async def list_spaces_of(
    user_id: FromPath[UserId], transaction: NamedDependency[AsyncConnection], limits: NamedDependency[Settings]
) -> Sequence[SpaceSeen]:
    """Where somebody is a member, and with which role; for who has not heard all that was told."""
    return await spaces.list_spaces(transaction, user_id=user_id, limits=limits)


@get("/internal/spaces/{space_id:uuid}/members/{user_id:uuid}")
async def show_member(
    space_id: FromPath[SpaceId],
    user_id: FromPath[UserId],
    transaction: NamedDependency[AsyncConnection],
) -> Member:
    """Whether somebody is a member, and with which role."""
    return await members.show_member(transaction, space_id, user_id, user_id=user_id)


@get("/internal/spaces/{space_id:uuid}/members")
async def list_member_ids(
    space_id: FromPath[SpaceId], transaction: NamedDependency[AsyncConnection]
) -> dict[UserId, Role]:
    """Everybody's role: who may watch what concerns the space."""
    return await members.list_roles(transaction, space_id)


@get(PATH)
async def show_instance(limits: NamedDependency[Settings]) -> ChatInfo:
    """The limits that clients show before they are reached."""
    return ChatInfo(
        message_chars_max=limits.content_chars_max,
        attachments_per_message_max=limits.attachments_per_message_max,
        name_chars_max=limits.name_chars_max,
        topic_chars_max=limits.topic_chars_max,
        query_chars_max=limits.query_chars_max,
        page_items_max=limits.page_items_max,
    )


@get("/internal/channels/{channel_id:uuid}/people/{user_id:uuid}", status_code=204)
async def check_viewer(
    channel_id: FromPath[ChannelId], user_id: FromPath[UserId], transaction: NamedDependency[AsyncConnection]
) -> None:
    """Whether somebody may view a channel, and so what was attached there."""
    await enter_channel(transaction, channel_id, user_id=user_id)


@get("/internal/channels/{channel_id:uuid}/uploads/{upload_id:uuid}", status_code=204)
async def check_shown(
    channel_id: FromPath[ChannelId], upload_id: FromPath[UUID], transaction: NamedDependency[AsyncConnection]
) -> None:
    """Whether a message of the channel shows an upload: asked before media removes one of which it heard nothing."""
    await check_is_shown(transaction, channel_id, upload_id)


@put("/internal/spaces/{space_id:uuid}/recordings/{recording_id:uuid}/channel")
async def provide_recording_channel(
    space_id: FromPath[SpaceId],
    recording_id: FromPath[RecordingId],
    data: JSONBody[RecordingChannelWanted],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> Channel:
    """The recording's own channel, made when first asked for."""
    return await channels.provide_recording_channel(
        transaction, space_id, recording_id, name=data.name, at=now(), limits=limits
    )


def router(verifier: Verifier) -> Router:
    """These routes, behind the check of a service's token."""
    return Router(
        "/",
        route_handlers=[
            read_log,
            find_space,
            list_spaces_of,
            show_member,
            list_member_ids,
            check_viewer,
            check_shown,
            show_instance,
            provide_recording_channel,
            issue_post_token,
        ],
        guards=[services_only(verifier)],
        include_in_schema=False,
    )
