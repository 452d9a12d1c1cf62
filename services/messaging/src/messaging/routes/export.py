"""The export of a space, streamed."""

from collections.abc import AsyncGenerator

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.answers import answers
from chassis.tokens import Caller
from contracts.ids import SpaceId
from contracts.times import now
from messaging.usecases import export


@get("/api/v1/spaces/{space_id:uuid}/export", responses=answers(403, 404), media_type="application/jsonl")
async def export_space(
    space_id: FromPath[SpaceId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    engine: NamedDependency[AsyncEngine],
) -> Stream:
    """Everything in the space as JSON lines, for its owner; the last line has the kind `end`."""
    await export.permit_export(transaction, space_id, user_id=caller.user_id, at=now())

    async def lines() -> AsyncGenerator[bytes]:
        async with engine.connect() as connection:
            snapshot = await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async for line in export.export_space(snapshot, space_id):
                yield line

    return Stream(lines(), headers={"Content-Disposition": f'attachment; filename="space-{space_id}.jsonl"'})


router = Router("/", route_handlers=[export_space], tags=["spaces"])
