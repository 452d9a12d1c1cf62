"""The export of a space, streamed."""

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.answers import answers
from chassis.tokens import Caller
from contracts.ids import SpaceId
from contracts.times import now
from messaging.usecases import export
from messaging.usecases.exporting import Exports


@get("/api/v1/spaces/{space_id:uuid}/export", responses=answers(403, 404), media_type="application/jsonl")
async def export_space(
    space_id: FromPath[SpaceId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    exports: NamedDependency[Exports],
) -> Stream:
    """Everything in the space as JSON lines, for its owner; the last line has the kind `end`."""
    await export.permit_export(transaction, space_id, user_id=caller.user_id, at=now())

    begun = exports.begin(space_id, user_id=caller.user_id)
    return Stream(begun.chunks(), headers={"Content-Disposition": f'attachment; filename="space-{space_id}.jsonl"'})


router = Router("/", route_handlers=[export_space], tags=["spaces"])
