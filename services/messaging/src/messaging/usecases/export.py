"""A whole space as JSON lines, for its owner to keep."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId, UserId
from messaging.domain.access import Permission
from messaging.store import audit, export
from messaging.usecases.entering import enter_space
from messaging.usecases.spaces import found


async def permit_export(connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, at: datetime) -> None:
    """Only the owner, and it stands in the audit log."""
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.OWN)
    await audit.write(connection, space_id, actor_id=user_id, action="space.exported", target=space_id, at=at)


async def export_space(connection: AsyncConnection, space_id: SpaceId) -> AsyncGenerator[bytes]:
    """One object per line, each with its `kind`, `end` last; attachments by their ids. `connection` sees one moment."""
    yield _line("space", msgspec.to_builtins(await found(connection, space_id)))
    async for kind, value in export.everything(connection, space_id):
        yield _line(kind, value)
    yield _line("end", {"space_id": space_id})


def _line(kind: str, value: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"kind": kind} | value) + b"\n"
