"""The log rows that hold a message's words, or a person's name."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, UserId
from contracts.redaction import message_of, redact
from messaging.store.tables import erased_people
from streams import redaction

_OF_MESSAGE: Final = text("""
    select position, data from log where position in (
        select position from log where topic = :topic and seq = :seq
        union all
        select position from log where topic = :topic and seq > :seq and type = 'messaging.message_edited.v1')
    order by position for update
""")
_NEXT_ERASED: Final = text("select id, position from erased_people order by id limit 1 for update skip locked")
_AFTER: Final = text("""
    select position, case when position(convert_to(:person, 'UTF8') in data) > 0 then data end as data
    from log where position > :position order by position limit :limit
""")
_MOVE: Final = text("update erased_people set position = :position where id = :id")
_DONE: Final = text("delete from erased_people where id = :id")


async def take_words(
    connection: AsyncConnection, channel_id: ChannelId, message_id: str, *, seq: int, latest: bytes
) -> None:
    """From the events of this message that were told before the `latest` one."""
    rows = await connection.execute(_OF_MESSAGE, {"topic": f"channel:{channel_id}", "seq": seq})
    await redaction.rewrite(
        connection, {row.position: redact(row.data, latest) for row in rows if message_of(row.data) == message_id}
    )


async def begin_erasing(connection: AsyncConnection, user_id: UserId) -> None:
    """From the log's beginning, bit by bit."""
    await connection.execute(insert(erased_people).values(id=user_id, position=0).on_conflict_do_nothing())


async def erase_some(
    connection: AsyncConnection, without_name: Callable[[bytes, UserId], bytes], *, rows_max: int
) -> bool:
    """Rewrite some rows that name an erased person. False when no one is left to be erased."""
    person = (await connection.execute(_NEXT_ERASED)).one_or_none()
    if person is None:
        return False
    wanted = {"person": str(person.id), "position": person.position, "limit": rows_max}
    rows = (await connection.execute(_AFTER, wanted)).all()
    renamed = {row.position: (row.data, without_name(row.data, person.id)) for row in rows if row.data is not None}
    await redaction.rewrite(connection, {position: new for position, (old, new) in renamed.items() if new != old})
    if len(rows) < rows_max:
        await connection.execute(_DONE, {"id": person.id})
    else:
        await connection.execute(_MOVE, {"id": person.id, "position": rows[-1].position})
    return True
