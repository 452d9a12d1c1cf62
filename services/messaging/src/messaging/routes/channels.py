"""Channels."""

from collections.abc import Sequence

from litestar import Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.answers import answers, repeated
from chassis.idempotency import Once
from chassis.tokens import Caller
from contracts.ids import ChannelId, SpaceId
from contracts.times import now
from messaging.settings import Settings
from messaging.usecases import channels, overrides
from messaging.usecases.channels import ChannelChange, ChannelSeen, ChannelWanted
from messaging.usecases.overrides import OverrideSeen, OverrideWanted


@post("/api/v1/spaces/{space_id:uuid}/channels", responses=answers(400, 403, 404, 409) | repeated(ChannelSeen))
async def create_channel(
    space_id: FromPath[SpaceId],
    data: JSONBody[ChannelWanted],
    caller: NamedDependency[Caller],
    once: NamedDependency[Once],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> Response[ChannelSeen]:
    return await once.answer(
        transaction,
        caller=caller.user_id,
        wanted=data,
        make=lambda: channels.create_channel(
            transaction, space_id, user_id=caller.user_id, wanted=data, at=now(), limits=limits
        ),
    )


@get("/api/v1/spaces/{space_id:uuid}/channels", responses=answers(404))
async def list_channels(
    space_id: FromPath[SpaceId], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> Sequence[ChannelSeen]:
    """Those that the caller sees, oldest first; threads are listed with their parent."""
    return await channels.list_channels(transaction, space_id, user_id=caller.user_id)


@get("/api/v1/channels/{channel_id:uuid}", responses=answers(404))
async def show_channel(
    channel_id: FromPath[ChannelId], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> ChannelSeen:
    return await channels.show_channel(transaction, channel_id, user_id=caller.user_id)


@patch("/api/v1/channels/{channel_id:uuid}", responses=answers(400, 403, 404, 409))
async def change_channel(
    channel_id: FromPath[ChannelId],
    data: JSONBody[ChannelChange],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> ChannelSeen:
    return await channels.change_channel(
        transaction, channel_id, user_id=caller.user_id, change=data, at=now(), limits=limits
    )


@delete("/api/v1/channels/{channel_id:uuid}", responses=answers(403, 404))
async def delete_channel(
    channel_id: FromPath[ChannelId], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> None:
    await channels.delete_channel(transaction, channel_id, user_id=caller.user_id, at=now())


@get("/api/v1/channels/{channel_id:uuid}/overrides", responses=answers(403, 404, 409))
async def list_overrides(
    channel_id: FromPath[ChannelId], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> Sequence[OverrideSeen]:
    return await overrides.list_overrides(transaction, channel_id, user_id=caller.user_id)


@put("/api/v1/channels/{channel_id:uuid}/overrides/{subject:str}", responses=answers(400, 403, 404, 409))
async def put_override(
    channel_id: FromPath[ChannelId],
    subject: FromPath[str],
    data: JSONBody[OverrideWanted],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> OverrideSeen:
    """`subject` is `role:moderator`, `role:member` or `user:<id>`; a private channel is opened by `allow: ["view"]`."""
    return await overrides.put_override(
        transaction, channel_id, subject, user_id=caller.user_id, wanted=data, at=now(), limits=limits
    )


@delete("/api/v1/channels/{channel_id:uuid}/overrides/{subject:str}", responses=answers(403, 404, 409))
async def remove_override(
    channel_id: FromPath[ChannelId],
    subject: FromPath[str],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> None:
    await overrides.remove_override(transaction, channel_id, subject, user_id=caller.user_id, at=now())


router = Router(
    "/",
    route_handlers=[
        create_channel,
        list_channels,
        show_channel,
        change_channel,
        delete_channel,
        list_overrides,
        put_override,
        remove_override,
    ],
    tags=["channels"],
)
