"""One message: show, edit, delete; its history, reactions, pin and thread."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.answers import answers, repeated
from chassis.idempotency import Once
from chassis.tokens import Caller
from contracts.ids import ChannelId, MessageId
from contracts.messaging import Channel, Message
from contracts.problems import FieldError, InvalidInput
from contracts.times import now
from messaging.settings import Settings
from messaging.store.messages import Revision
from messaging.usecases import messages, reactions, reading, threads
from messaging.usecases.channels import ChannelSeen


class NewContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    content: str


class ThreadWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


def _revision_of(header: str | None) -> int | None:
    """`"3"` of `If-Match: "3"`; None when any revision will do."""
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidInput(errors=[FieldError("If-Match", 'must be a revision such as "3"')])
    return int(text)


def _tagged(message: Message) -> Response[Message]:
    return Response(message, headers={"ETag": f'"{message.rev}"'})


@get("/api/v1/channels/{channel_id:uuid}/messages/{message_id:uuid}", responses=answers(404))
async def show_message(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> Response[Message]:
    """Its `ETag` is what an edit may name in `If-Match`."""
    return _tagged(await reading.show_message(transaction, channel_id, message_id, user_id=caller.user_id))


@patch("/api/v1/channels/{channel_id:uuid}/messages/{message_id:uuid}", responses=answers(400, 403, 404, 409, 412))
async def edit_message(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    data: JSONBody[NewContent],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    if_match: Annotated[str | None, HeaderParameter(name="If-Match")] = None,
) -> Response[Message]:
    """With `If-Match: "<rev>"` only if nobody edited it meanwhile."""
    message = await messages.edit_message(
        transaction,
        channel_id,
        message_id,
        user_id=caller.user_id,
        content=data.content,
        expected_rev=_revision_of(if_match),
        at=now(),
        limits=limits,
    )
    return _tagged(message)


@delete("/api/v1/channels/{channel_id:uuid}/messages/{message_id:uuid}", responses=answers(400, 403, 404, 409, 412))
async def delete_message(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    if_match: Annotated[str | None, HeaderParameter(name="If-Match")] = None,
) -> None:
    """A tombstone stays in its place."""
    await messages.delete_message(
        transaction,
        channel_id,
        message_id,
        user_id=caller.user_id,
        expected_rev=_revision_of(if_match),
        at=now(),
    )


@get("/api/v1/channels/{channel_id:uuid}/messages/{message_id:uuid}/history", responses=answers(404))
async def list_history(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> Sequence[Revision]:
    """What it said, oldest first."""
    return await messages.list_history(transaction, channel_id, message_id, user_id=caller.user_id)


@put(
    "/api/v1/channels/{channel_id:uuid}/messages/{message_id:uuid}/reactions/{emoji:str}",
    status_code=204,
    responses=answers(400, 403, 404, 409),
)
async def add_reaction(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    emoji: FromPath[str],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> None:
    await reactions.add_reaction(
        transaction, channel_id, message_id, user_id=caller.user_id, emoji=emoji, at=now(), limits=limits
    )


@delete(
    "/api/v1/channels/{channel_id:uuid}/messages/{message_id:uuid}/reactions/{emoji:str}",
    responses=answers(404, 409),
)
async def remove_reaction(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    emoji: FromPath[str],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> None:
    await reactions.remove_reaction(transaction, channel_id, message_id, user_id=caller.user_id, emoji=emoji)


@get("/api/v1/channels/{channel_id:uuid}/pins", responses=answers(404))
async def list_pins(
    channel_id: FromPath[ChannelId], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> Sequence[Message]:
    """Last pinned first."""
    return await messages.list_pins(transaction, channel_id, user_id=caller.user_id)


@put(
    "/api/v1/channels/{channel_id:uuid}/pins/{message_id:uuid}", status_code=204, responses=answers(400, 403, 404, 409)
)
async def pin_message(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> None:
    await messages.pin_message(transaction, channel_id, message_id, user_id=caller.user_id, at=now(), limits=limits)


@delete("/api/v1/channels/{channel_id:uuid}/pins/{message_id:uuid}", responses=answers(403, 404, 409))
async def unpin_message(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> None:
    await messages.unpin_message(transaction, channel_id, message_id, user_id=caller.user_id, at=now())


@post(
    "/api/v1/channels/{channel_id:uuid}/messages/{message_id:uuid}/thread",
    responses=answers(400, 403, 404, 409) | repeated(ChannelSeen),
)
async def start_thread(
    channel_id: FromPath[ChannelId],
    message_id: FromPath[MessageId],
    data: JSONBody[ThreadWanted],
    caller: NamedDependency[Caller],
    once: NamedDependency[Once],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> Response[ChannelSeen]:
    """A thread is a channel: it is read, posted to and watched like any other."""
    return await once.answer(
        transaction,
        caller=caller.user_id,
        wanted=data,
        make=lambda: threads.start_thread(
            transaction, channel_id, message_id, user_id=caller.user_id, name=data.name, at=now(), limits=limits
        ),
    )


@get("/api/v1/channels/{channel_id:uuid}/threads", responses=answers(404))
async def list_threads(
    channel_id: FromPath[ChannelId], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> Sequence[Channel]:
    """Newest first."""
    return await threads.list_threads(transaction, channel_id, user_id=caller.user_id)


router = Router(
    "/",
    route_handlers=[
        show_message,
        edit_message,
        delete_message,
        list_history,
        add_reaction,
        remove_reaction,
        list_pins,
        pin_message,
        unpin_message,
        start_thread,
        list_threads,
    ],
    tags=["messages"],
)
