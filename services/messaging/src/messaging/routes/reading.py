"""How far one has read, and search."""

from typing import Annotated

import msgspec
from litestar import Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.answers import answers
from chassis.tokens import Caller
from contracts.ids import ChannelId, SpaceId
from messaging.domain.paging import SEQ_MAX
from messaging.settings import Settings
from messaging.store.marks import Unread
from messaging.usecases import marking, search
from messaging.usecases.marking import UnreadList
from messaging.usecases.search import HitPage


class ReadUpTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`back`: what is after `seq` is to be unread again."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)]
    back: bool | msgspec.UnsetType = msgspec.UNSET


@put("/api/v1/channels/{channel_id:uuid}/read", responses=answers(400, 404))
async def move_marker(
    channel_id: FromPath[ChannelId],
    data: JSONBody[ReadUpTo],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> Unread:
    """Forward, unless `back` is said; the caller's other devices hear of it on `user:<id>`."""
    return await marking.move_marker(
        transaction, channel_id, user_id=caller.user_id, seq=data.seq, back=data.back is True, limits=limits
    )


@put("/api/v1/spaces/{space_id:uuid}/read", responses=answers(404))
async def read_space(
    space_id: FromPath[SpaceId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> UnreadList:
    """All that the caller sees there is read; how the space's channels stand afterwards."""
    return await marking.read_space(transaction, space_id, user_id=caller.user_id, limits=limits)


@get("/api/v1/unread", responses=answers())
async def list_unread(
    caller: NamedDependency[Caller], snapshot: NamedDependency[AsyncConnection], limits: NamedDependency[Settings]
) -> UnreadList:
    """All channels that the caller sees, and the threads they follow."""
    return await marking.list_unread(snapshot, user_id=caller.user_id, limits=limits)


@get("/api/v1/search", responses=answers(400))
async def search_messages(
    q: FromQuery[str],
    caller: NamedDependency[Caller],
    snapshot: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    space_id: FromQuery[SpaceId | None] = None,
    before: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> HitPage:
    """Words, "phrases", -exclusions, and the filters `from: in: before: after: has:`; newest first."""
    return await search.search_messages(
        snapshot,
        user_id=caller.user_id,
        typed=q,
        space_id=space_id,
        before=before,
        limit=limit,
        limits=limits,
    )


router = Router("/", route_handlers=[move_marker, read_space, list_unread, search_messages], tags=["reading"])
