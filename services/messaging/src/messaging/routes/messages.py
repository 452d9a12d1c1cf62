"""A channel's messages: say one, read them."""

from datetime import datetime

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.answers import answers
from chassis.tokens import Caller
from chassis.tracing import traceparent
from contracts.ids import ChannelId, MessageId
from contracts.messaging import Message
from messaging.domain.content import Draft, Post
from messaging.domain.paging import Position, ids_of
from messaging.routes.posting import WritePath, answer
from messaging.settings import Settings
from messaging.usecases import reading
from messaging.usecases.reading import MessagePage

REPEATED = ResponseSpec(Message, generate_examples=False, description="It was posted before, with the same nonce")


@post("/api/v1/channels/{channel_id:uuid}/messages", responses=answers(400, 403, 404, 409) | {200: REPEATED})
async def post_message(
    channel_id: FromPath[ChannelId],
    data: JSONBody[Draft],
    caller: NamedDependency[Caller],
    write_path: NamedDependency[WritePath],
) -> Response[Message]:
    """A repeat with the same nonce and body is answered 200 with the first message."""
    said = await write_path.post(Post(channel_id, caller.user_id, data, traceparent()))
    return answer(said)


@get("/api/v1/channels/{channel_id:uuid}/messages", responses=answers(400, 404))
async def list_messages(
    channel_id: FromPath[ChannelId],
    caller: NamedDependency[Caller],
    snapshot: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    before: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    around: FromQuery[str | None] = None,
    after_seq: FromQuery[int | None] = None,
    around_seq: FromQuery[int | None] = None,
    at: FromQuery[datetime | None] = None,
    ids: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> MessagePage:
    """Newest last. `before`, `after` and `around` take a cursor of this list or a message's id, `after_seq` and
    `around_seq` a position, `at` a moment: around the first message that is not older. `ids` (separated by commas)
    gives these messages instead.
    """
    position = Position(before=before, after=after, around=around, after_seq=after_seq, around_seq=around_seq, at=at)
    if ids is not None:
        wanted = [MessageId(one) for one in ids_of(ids, parameter="ids", limits=limits)]
        return await reading.list_messages_by_ids(snapshot, channel_id, wanted, user_id=caller.user_id)
    return await reading.list_messages(
        snapshot, channel_id, user_id=caller.user_id, position=position, limit=limit, limits=limits
    )


router = Router("/", route_handlers=[post_message, list_messages], tags=["messages"])
