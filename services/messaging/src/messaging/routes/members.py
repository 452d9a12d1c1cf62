"""Lists of members."""

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.answers import answers
from chassis.tokens import Caller
from contracts.ids import ChannelId, SpaceId, UserId
from contracts.messaging import Role
from messaging.domain.paging import id_of, ids_of
from messaging.settings import Settings
from messaging.usecases import membership
from messaging.usecases.membership import MemberPage, MemberQuery


@get("/api/v1/spaces/{space_id:uuid}/members", responses=answers(400, 404))
async def list_members(
    space_id: FromPath[SpaceId],
    caller: NamedDependency[Caller],
    snapshot: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    search: FromQuery[str | None] = None,
    role: FromQuery[Role | None] = None,
    ids: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> MemberPage:
    """`search` is a part of the name, `ids` are separated by commas."""
    query = _query(search, role, ids, after, limit, limits=limits)
    return await membership.list_members(snapshot, space_id, user_id=caller.user_id, query=query, limits=limits)


@get("/api/v1/channels/{channel_id:uuid}/members", responses=answers(400, 404))
async def list_viewers(
    channel_id: FromPath[ChannelId],
    caller: NamedDependency[Caller],
    snapshot: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    search: FromQuery[str | None] = None,
    role: FromQuery[Role | None] = None,
    ids: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> MemberPage:
    """Those who view the channel: of a private one, those whom an override lets in, and admins."""
    query = _query(search, role, ids, after, limit, limits=limits)
    return await membership.list_viewers(snapshot, channel_id, user_id=caller.user_id, query=query, limits=limits)


def _query(
    search: str | None, role: Role | None, ids: str | None, after: str | None, limit: int | None, *, limits: Settings
) -> MemberQuery:
    return MemberQuery(
        search=search,
        role=role,
        ids=None if ids is None else [UserId(one) for one in ids_of(ids, parameter="ids", limits=limits)],
        after=None if after is None else UserId(id_of(after, parameter="after")),
        limit=limit,
    )


router = Router("/", route_handlers=[list_members, list_viewers], tags=["members"])
