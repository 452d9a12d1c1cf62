"""The queries behind posting: each one statement for any number of posts, on any driver; one of them writes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.files import AttachedFile
from contracts.ids import ChannelId, MessageId, UserId
from contracts.messaging import Message, Reaction
from messaging.domain.access import Access, Permission
from messaging.domain.content import Post, nonce_key, subjects
from messaging.store.channels import ACCESS, access_of
from messaging.store.messages import SELECT, message_of
from messaging.store.people import profile_of
from messaging.store.rows import Row
from streams import bulk
from streams.bulk import EventBatch, Fetch, Logged, PendingSeq

_POSTERS = f"""
    select poster.*, person.display_name, person.avatar_url, first.id as first_id, first.fingerprint as first_print,
        head.seq as space_seq
    from ({ACCESS.format(asked="unnest($1::uuid[], $2::uuid[]) with ordinality as asked(channel_id, user_id, place)")})
        poster
    left join people person on person.id = poster.user_id
    left join messages first on first.nonce_key = ($3::uuid[])[poster.place]
    left join topic_heads head on head.topic = 'space:' || poster.space_id
"""  # noqa: S608  built from constants
_REACHABLE = ACCESS.format(asked="unnest($1::uuid[], $2::uuid[]) with ordinality as asked(channel_id, user_id, place)")
_TARGETS = """
    select asked.channel_id, asked.id from unnest($1::uuid[], $2::uuid[]) as asked(channel_id, id)
    join messages on messages.channel_id = asked.channel_id and messages.id = asked.id and deleted_at is null
"""
_STILL = """
    not exists (select from json_array_elements_text($6::text::json) as used(nonce_key)
        where (select id from messages where messages.nonce_key = used.nonce_key::uuid) is not null)
    and not exists (select from json_each_text($7::text::json) as held(topic, seq)
        where (select seq from topic_heads where topic_heads.topic = held.topic) is distinct from held.seq::bigint)
"""
"""Each is looked up by itself: as a join, planned while there is little, it would read whole tables later."""
_SAY = f"""
    with {bulk.PUBLISHING.format(provided=_STILL)}, said as (
        insert into messages (id, channel_id, seq, author_id, kind, content, nonce, nonce_key, fingerprint, reply_to,
            attachments, files, mentions, at_ms, rev, created_at)
        select id, channel_id, claimed.seq - behind, author_id, 'text', content, nonce, nonce_key,
            decode(fingerprint, 'base64'), reply_to, attachments, files, mentions, at_ms, 1, $3
        from json_to_recordset($5::text::json) as written(id uuid, channel_id uuid, behind bigint, author_id uuid,
            content text, nonce text, nonce_key uuid, fingerprint text, reply_to uuid, attachments uuid[],
            files jsonb, mentions text[], at_ms bigint)
        join claimed on claimed.topic = 'channel:' || channel_id
    ), called as (
        insert into mentions (channel_id, seq, subject)
        select channel_id, claimed.seq - behind, unnest(mentions)
        from json_to_recordset($5::text::json) as written(channel_id uuid, behind bigint, mentions text[])
        join claimed on claimed.topic = 'channel:' || channel_id
    )
    {bulk.PUBLISHED}
"""  # noqa: S608  built from constants
_BY_IDS = SELECT + "where message.channel_id = any($1::uuid[]) and message.id = any($2::uuid[])"
_REACTIONS = """
    select message_id, emoji, count(*) as count, bool_or(user_id = author_id) as me
    from reactions join messages on messages.id = message_id and messages.channel_id = any($1::uuid[])
    where message_id = any($2::uuid[]) group by message_id, emoji order by message_id, emoji
"""


class Poster(msgspec.Struct, frozen=True):
    """What decides about one post: may they, who are they, and was it said before."""

    access: Access
    author: Profile
    first_id: MessageId | None
    first_print: bytes | None
    space_seq: int | None
    """The place of the space's topic that this was read at."""


class Line(msgspec.Struct, frozen=True):
    """A message to be written at its place; with a nonce, also what tells a repeat of its draft."""

    message: Message
    place: PendingSeq
    nonce_key: UUID | None = None
    fingerprint: bytes | None = None


class _Row(msgspec.Struct, frozen=True):
    """A line as the statement reads it."""

    id: MessageId
    channel_id: ChannelId
    behind: int
    author_id: UserId
    content: str
    nonce: str | None
    nonce_key: UUID | None
    fingerprint: bytes | None
    reply_to: MessageId | None
    attachments: Sequence[UUID]
    files: Sequence[AttachedFile] | None
    mentions: Sequence[str]
    at_ms: int | None


def _row(line: Line) -> _Row:
    said = line.message
    return _Row(
        said.id,
        said.channel_id,
        line.place.offset_from_end,
        said.author.id,
        said.content,
        said.nonce,
        line.nonce_key,
        line.fingerprint,
        said.reply_to,
        said.attachments,
        said.files or None,
        subjects(said.mentions),
        said.at_ms,
    )


def fetching(connection: AsyncConnection) -> Fetch:
    """Run statements of this kind in a transaction of SQLAlchemy's."""

    async def fetch(statement: str, *values: object) -> Sequence[Row]:
        result = await connection.exec_driver_sql(statement, values)
        return result.mappings().all() if result.returns_rows else []

    return fetch


async def posters(fetch: Fetch, posts: Sequence[Post]) -> dict[int, Poster]:
    """By the post's index; no entry for who may not know of the channel."""
    rows = await fetch(
        _POSTERS,
        [post.channel_id for post in posts],
        [post.author_id for post in posts],
        [nonce_key(post) for post in posts],
    )
    return {
        row["place"] - 1: Poster(
            access_of(row),
            profile_of(row["user_id"], row["display_name"], row["avatar_url"]),
            row["first_id"],
            row["first_print"],
            row["space_seq"],
        )
        for row in rows
    }


async def reachable(fetch: Fetch, wanted: Iterable[tuple[ChannelId, UserId]]) -> set[tuple[ChannelId, UserId]]:
    """Those pairs whose person sees the channel."""
    pairs = list(dict.fromkeys(wanted))
    rows = await fetch(_REACHABLE, [channel for channel, _ in pairs], [user for _, user in pairs])
    seen = [access_of(row) for row in rows]
    return {(one.channel.id, one.user_id) for one in seen if Permission.VIEW in one.granted}


async def present(fetch: Fetch, wanted: Iterable[tuple[ChannelId, MessageId]]) -> set[tuple[ChannelId, MessageId]]:
    """Those messages that are in that channel and not deleted."""
    pairs = list(dict.fromkeys(wanted))
    rows = await fetch(_TARGETS, [channel for channel, _ in pairs], [message for _, message in pairs])
    return {(row["channel_id"], row["id"]) for row in rows}


async def say(
    fetch: Fetch, lines: Sequence[Line], batch: EventBatch, *, at: datetime, notify: bool, held: Mapping[str, int]
) -> dict[PendingSeq, Logged]:
    """Write these messages and tell these events, in one statement.

    With topics `held`, nothing at all unless each is at its place still, and no nonce is used.
    """
    written = [_row(line) for line in lines]
    rows = await fetch(
        _SAY,
        *batch.values(at=at, notify=notify),
        bulk.as_json(written),
        bulk.as_json([one.nonce_key for one in written if one.nonce_key is not None] if held else []),
        bulk.as_json(held),
    )
    return batch.logged(rows, at=at) if rows else {}


async def as_authors_see(fetch: Fetch, wanted: Sequence[tuple[ChannelId, MessageId]]) -> dict[MessageId, Message]:
    """Messages with their reactions, each as its author sees it."""
    channel_ids, ids = [channel for channel, _ in wanted], [message for _, message in wanted]
    found: dict[MessageId, list[Reaction]] = {}
    for row in await fetch(_REACTIONS, channel_ids, ids):
        reaction = Reaction(emoji=row["emoji"], count=row["count"], me=row["me"])
        found.setdefault(row["message_id"], []).append(reaction)
    return {row["id"]: message_of(row, found.get(row["id"], ())) for row in await fetch(_BY_IDS, channel_ids, ids)}
