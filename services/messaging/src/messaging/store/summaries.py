"""How threads stand: what the message says on which they hang."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.messaging import ThreadSummary, ThreadUpdated
from messaging.store.rows import Row

MESSAGES_MAX: Final = 1000
"""So many messages of a thread are counted; more are as many."""
SUMMARY: Final = f"""
    left join lateral (
        select count(*) as thread_messages, max(created_at) as thread_last_at from (
            select created_at from messages reply
            where reply.channel_id = thread.id and reply.kind = 'text' and reply.deleted_at is null
            order by reply.seq desc limit {MESSAGES_MAX}
        ) newest
    ) summary on thread.id is not null
"""  # noqa: S608  built from constants
"""To be joined to a `thread`; gives `thread_messages` and `thread_last_at`."""
_OF_THREADS = text(f"""
    select thread.id as thread_id, thread.parent_id, thread.parent_message_id, summary.thread_messages,
        summary.thread_last_at
    from channels thread {SUMMARY}
    where thread.id = any(cast(:ids as uuid[])) and thread.parent_id is not null and thread.deleted_at is null
    order by thread.parent_id, thread.id
""")  # noqa: S608  built from constants


def summary_of(row: Row) -> ThreadSummary:
    return ThreadSummary(messages=row["thread_messages"], last_at=row["thread_last_at"])


async def of_threads(connection: AsyncConnection, channel_ids: Sequence[str]) -> list[ThreadUpdated]:
    """Those of these channels that are threads, in the order of their parents."""
    rows = await connection.execute(_OF_THREADS, {"ids": [UUID(one) for one in channel_ids]})
    return [
        ThreadUpdated(
            id=row["thread_id"],
            parent_id=row["parent_id"],
            parent_message_id=row["parent_message_id"],
            **msgspec.structs.asdict(summary_of(row)),
        )
        for row in rows.mappings()
    ]
