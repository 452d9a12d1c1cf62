"""What a client shows first, in one call."""

from litestar import Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.answers import answers
from chassis.tokens import Caller
from messaging.settings import Settings
from messaging.usecases import starting
from messaging.usecases.starting import Start


@get("/api/v1/start", responses=answers())
async def show_start(
    caller: NamedDependency[Caller], snapshot: NamedDependency[AsyncConnection], limits: NamedDependency[Settings]
) -> Start:
    """Watch the topics of `seqs` first, or from these positions: nothing is missed."""
    return await starting.show_start(snapshot, user_id=caller.user_id, limits=limits)


router = Router("/", route_handlers=[show_start], tags=["start"])
