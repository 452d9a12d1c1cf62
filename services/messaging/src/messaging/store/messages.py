"""Messages as people read them, their history, reactions and pins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, any_, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.files import AttachedFile
from contracts.ids import ChannelId, MessageId, UserId, first_id_of
from contracts.messaging import Message, MessageKind, Reaction
from messaging.domain.content import from_subjects, subjects
from messaging.domain.paging import Span
from messaging.store.people import profile_of
from messaging.store.rows import Row
from messaging.store.summaries import SUMMARY, summary_of
from messaging.store.tables import messages, reactions, revisions

SELECT = f"""
    select message.id, message.channel_id, message.seq, message.author_id, person.display_name, person.avatar_url,
        message.content, message.nonce, message.reply_to, message.attachments, message.files::text as files,
        message.mentions, message.kind,
        message.at_ms, message.rev, message.created_at, message.edited_at, message.deleted_at, message.pinned_at,
        thread.id as thread_id, summary.thread_messages, summary.thread_last_at
    from messages message
    left join people person on person.id = message.author_id
    left join channels thread on thread.parent_message_id = message.id and thread.deleted_at is null
    {SUMMARY}
"""  # noqa: S608  built from constants
_OLDER = text(
    SELECT + "where message.channel_id = :channel and message.seq < :seq order by message.seq desc limit :count"
)
_NEWER = text(SELECT + "where message.channel_id = :channel and message.seq > :seq order by message.seq limit :count")
_BY_IDS = text(SELECT + "where message.channel_id = any(:channels) and message.id = any(:ids)")
_PINNED = text(
    SELECT + "where message.channel_id = :channel and message.pinned_at is not null order by message.pinned_at desc"
)
_REACTIONS = text("""
    select message_id, emoji, count(*) as count, bool_or(user_id = :reader) as me from reactions
    where message_id = any(:ids) group by message_id, emoji order by message_id, emoji
""")


_FILES = msgspec.json.Decoder(tuple[AttachedFile, ...])
"""It is read as text, which every driver gives alike."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """What a message said once; `at` is when it was said so."""

    rev: int
    content: str
    at: datetime


def message_of(row: Row, reacted: Sequence[Reaction] = ()) -> Message:
    return Message(
        id=row["id"],
        channel_id=row["channel_id"],
        seq=row["seq"],
        author=profile_of(row["author_id"], row["display_name"], row["avatar_url"]),
        content=row["content"],
        nonce=row["nonce"] if row["deleted_at"] is None else None,
        reply_to=row["reply_to"],
        attachments=tuple(row["attachments"]),
        files=_FILES.decode(row["files"]) if row["files"] else (),
        reactions=tuple(reacted),
        at_ms=row["at_ms"],
        kind=MessageKind(row["kind"]),
        mentions=from_subjects(row["mentions"]),
        thread_id=row["thread_id"],
        thread=None if row["thread_id"] is None else summary_of(row),
        rev=row["rev"],
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        deleted_at=row["deleted_at"],
        pinned_at=row["pinned_at"],
    )


async def add(connection: AsyncConnection, message: Message) -> None:
    """Write one that messaging says itself; what people say goes by `store.posting`."""
    row: dict[str, Any] = {
        "id": message.id, "channel_id": message.channel_id, "seq": message.seq, "author_id": message.author.id,
        "kind": message.kind, "content": message.content, "reply_to": message.reply_to, "attachments": [],
        "mentions": [], "rev": message.rev, "created_at": message.created_at,
    }  # fmt: skip
    await connection.execute(insert(messages).values(row))


async def span(
    connection: AsyncConnection, channel_id: ChannelId, wanted: Span, *, reader: UserId
) -> tuple[list[Message], bool, bool]:
    """The wanted part, oldest first; whether there is older, whether there is newer."""
    older: list[Row] = []
    newer: list[Row] = []
    limit = wanted.limit
    if wanted.around is not None:
        half = limit // 2
        older = await _rows(connection, _OLDER, channel_id, wanted.around, half + 1)
        newer = await _rows(connection, _NEWER, channel_id, wanted.around - 1, limit - half + 1)
        has_older, has_newer = len(older) > half, len(newer) > limit - half
        older, newer = older[:half], newer[: limit - half]
    elif wanted.after is not None:
        newer = await _rows(connection, _NEWER, channel_id, wanted.after, limit + 1)
        has_older, has_newer = wanted.after > 0, len(newer) > limit
        newer = newer[:limit]
    else:
        before = wanted.before
        older = await _rows(connection, _OLDER, channel_id, before if before is not None else 2**63 - 1, limit + 1)
        has_older, has_newer = len(older) > limit, before is not None
        older = older[:limit]
    return await _with_reactions(connection, [*reversed(older), *newer], reader=reader), has_older, has_newer


async def _rows(connection: AsyncConnection, query: Any, channel_id: ChannelId, seq: int, count: int) -> list[Row]:
    rows = await connection.execute(query, {"channel": channel_id, "seq": seq, "count": count})
    return list(rows.mappings())


async def _with_reactions(connection: AsyncConnection, rows: Sequence[Row], *, reader: UserId) -> list[Message]:
    if not rows:
        return []
    found: dict[MessageId, list[Reaction]] = {}
    counted = await connection.execute(_REACTIONS, {"ids": [row["id"] for row in rows], "reader": reader})
    for one in counted.mappings():
        reaction = Reaction(emoji=one["emoji"], count=one["count"], me=one["me"])
        found.setdefault(one["message_id"], []).append(reaction)
    return [message_of(row, found.get(row["id"], ())) for row in rows]


async def by_ids(
    connection: AsyncConnection, channel_ids: Sequence[ChannelId], ids: Sequence[MessageId], *, reader: UserId
) -> dict[MessageId, Message]:
    """Those of them that are in these channels."""
    rows = list((await connection.execute(_BY_IDS, {"channels": list(channel_ids), "ids": list(ids)})).mappings())
    return {one.id: one for one in await _with_reactions(connection, rows, reader=reader)}


async def find(
    connection: AsyncConnection, channel_id: ChannelId, message_id: MessageId, *, reader: UserId
) -> Message | None:
    return (await by_ids(connection, [channel_id], [message_id], reader=reader)).get(message_id)


def _one(channel_id: ChannelId, message_id: MessageId) -> ColumnElement[bool]:
    return (messages.c.channel_id == channel_id) & (messages.c.id == message_id)


async def place(connection: AsyncConnection, channel_id: ChannelId, message_id: MessageId) -> int | None:
    """A message's seq."""
    return await connection.scalar(select(messages.c.seq).where(_one(channel_id, message_id)))


async def place_at(connection: AsyncConnection, channel_id: ChannelId, moment: datetime) -> int | None:
    """The seq of the first message that was said then or later; None when there is none yet."""
    not_older = (messages.c.channel_id == channel_id) & (messages.c.id >= first_id_of(moment))
    return await connection.scalar(select(messages.c.seq).where(not_older).order_by(messages.c.id).limit(1))


async def lock(connection: AsyncConnection, channel_id: ChannelId, message_id: MessageId) -> None:
    """Nobody else changes this message or its reactions until the transaction ends."""
    await connection.execute(select(messages.c.id).where(_one(channel_id, message_id)).with_for_update())


async def save(connection: AsyncConnection, message: Message) -> None:
    """What can change of a message."""
    values = {
        "content": message.content,
        "attachments": list(message.attachments),
        "files": msgspec.to_builtins(message.files) if message.files else None,
        "mentions": subjects(message.mentions),
        "rev": message.rev,
        "edited_at": message.edited_at,
        "deleted_at": message.deleted_at,
        "pinned_at": message.pinned_at,
    }
    await connection.execute(update(messages).where(_one(message.channel_id, message.id)).values(values))


async def keep_revision(connection: AsyncConnection, message_id: MessageId, revision: Revision) -> None:
    await connection.execute(insert(revisions).values(message_id=message_id, **msgspec.structs.asdict(revision)))


async def history(connection: AsyncConnection, message_id: MessageId) -> list[Revision]:
    """Former contents, oldest first."""
    query = select(revisions).where(revisions.c.message_id == message_id).order_by(revisions.c.rev)
    return [Revision(rev=row.rev, content=row.content, at=row.at) for row in await connection.execute(query)]


async def forget_details(connection: AsyncConnection, message_id: MessageId) -> None:
    """A deleted message keeps neither its former contents nor its reactions."""
    await connection.execute(delete(revisions).where(revisions.c.message_id == message_id))
    await connection.execute(delete(reactions).where(reactions.c.message_id == message_id))


async def react(
    connection: AsyncConnection, message_id: MessageId, *, emoji: str, user_id: UserId, at: datetime
) -> bool:
    """Whether they had not reacted so yet."""
    statement = upsert(reactions).values(message_id=message_id, emoji=emoji, user_id=user_id, at=at)
    return bool((await connection.execute(statement.on_conflict_do_nothing())).rowcount)


async def unreact(connection: AsyncConnection, message_id: MessageId, *, emoji: str, user_id: UserId) -> bool:
    statement = delete(reactions).where(
        reactions.c.message_id == message_id, reactions.c.emoji == emoji, reactions.c.user_id == user_id
    )
    return bool((await connection.execute(statement)).rowcount)


async def reaction_counts(connection: AsyncConnection, message_id: MessageId) -> dict[str, int]:
    query = select(reactions.c.emoji, func.count()).where(reactions.c.message_id == message_id)
    rows = await connection.execute(query.group_by(reactions.c.emoji))
    return dict(rows.tuples().all())


async def pinned(connection: AsyncConnection, channel_id: ChannelId, *, reader: UserId) -> list[Message]:
    """Last pinned first."""
    rows = list((await connection.execute(_PINNED, {"channel": channel_id})).mappings())
    return await _with_reactions(connection, rows, reader=reader)


async def pin_count(connection: AsyncConnection, channel_id: ChannelId) -> int:
    query = select(func.count()).select_from(messages)
    return int(
        await connection.scalar(query.where(messages.c.channel_id == channel_id, messages.c.pinned_at.is_not(None)))
        or 0
    )


async def is_shown(connection: AsyncConnection, channel_id: ChannelId, upload_id: UUID) -> bool:
    """Whether a message of the channel has it attached. Reads the whole channel: for what is asked once."""
    shows = any_(messages.c.attachments) == upload_id
    query = select(messages.c.id).where(messages.c.channel_id == channel_id, shows)
    return await connection.scalar(query.limit(1)) is not None
