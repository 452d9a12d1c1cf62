"""Everything in a space, row by row."""

from collections.abc import AsyncGenerator
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId

_EVERYTHING = {
    "member": """
        select member.user_id, person.display_name, member.role, member.joined_at
        from members member left join people person on person.id = member.user_id
        where member.space_id = :space order by member.user_id
    """,
    "ban": "select user_id, banned_by, reason, at from bans where space_id = :space order by user_id",
    "channel": """
        select id, name, topic, private, parent_id, parent_message_id, recording_id, created_at, archived_at,
            (select coalesce(json_agg(json_build_object('subject', subject, 'allow', allow, 'deny', deny)), '[]')
                from overrides where channel_id = channels.id) as overrides
        from channels where space_id = :space and deleted_at is null order by id
    """,
    "message": """
        select message.id, message.channel_id, message.seq, message.author_id, message.kind as message_kind,
            message.content, message.reply_to, message.attachments, message.mentions, message.at_ms, message.rev,
            message.created_at, message.edited_at, message.deleted_at, message.pinned_at,
            (select coalesce(json_agg(json_build_object('rev', rev, 'content', revisions.content, 'at', at)), '[]')
                from revisions where message_id = message.id) as history,
            (select coalesce(json_agg(json_build_object('emoji', emoji, 'user_id', user_id)), '[]')
                from reactions where message_id = message.id) as reactions
        from messages message join channels channel on channel.id = message.channel_id
        where channel.space_id = :space and channel.deleted_at is null order by message.channel_id, message.seq
    """,
    "audit": """
        select id, actor_id, action, target, before, after, at from audit where space_id = :space order by id
    """,
}


async def everything(connection: AsyncConnection, space_id: SpaceId) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
    """Kind by kind, through cursors of the server: however large the space is, little of it is in memory."""
    for kind, query in _EVERYTHING.items():
        rows = await connection.stream(text(query), {"space": space_id})
        async for row in rows.mappings():
            yield kind, dict(row)
