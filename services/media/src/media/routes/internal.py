"""What only other services may ask: recorders above all, and messaging."""

from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.tokens import Verifier, services_only
from contracts.events import LogPage
from contracts.ids import RecordingId
from contracts.instance import PATH, MediaInfo
from contracts.media import (
    Claimed,
    ClaimWanted,
    Finished,
    Orders,
    RecorderReport,
    Recording,
    SegmentAcknowledged,
    SegmentReserved,
    SegmentWanted,
    UploadsMissing,
    UploadsWanted,
)
from contracts.problems import FieldError, InvalidInput
from contracts.times import now
from media.clients.objects import Objects
from media.settings import Settings
from media.usecases import attaching, claiming, reporting, storing, watching
from media.usecases.abandoning import Hearing
from media.usecases.learning import Learner
from media.usecases.sweeping import Sweepers

SEQ_MAX = 2**63 - 1


@get("/internal/log")
async def read_log(
    topic: FromQuery[str],
    engine: NamedDependency[AsyncEngine],
    learner: NamedDependency[Learner],
    settings: NamedDependency[Settings],
    after: FromQuery[int | None] = None,
    limit: FromQuery[int | None] = None,
    audience: FromQuery[bool] = False,
) -> LogPage:
    """All that followed `after`, or `reset`; who may watch the topic, when asked for: the members of its space."""
    if after is not None and not 0 <= after <= SEQ_MAX:
        raise InvalidInput(errors=[FieldError("after", "must be a position")])
    most = min(limit or settings.log_events_max, settings.log_events_max)
    space_id = watching.space_of(topic)
    watchers = await learner.members(space_id) if audience else None
    async with engine.begin() as transaction:
        page = await watching.read_topic(transaction, space_id, after=after, limit=most, watchers=watchers)
    return page if audience else msgspec.structs.replace(page, audience=None, depends_on=None)


@get("/internal/recordings/claimable")
async def list_claimable(
    transaction: NamedDependency[AsyncConnection],
    hearing: NamedDependency[Hearing],
    settings: NamedDependency[Settings],
    holder: FromQuery[str] = "",
) -> list[Recording]:
    """New ones, those whose recorder was lost, and the caller's own, oldest first."""
    at = now()
    return await claiming.list_claimable(
        transaction, holder=holder, at=at, heard_since=hearing.since(at), settings=settings
    )


@post("/internal/recordings/{recording_id:uuid}/claim", status_code=200)
async def claim(
    recording_id: FromPath[RecordingId],
    data: JSONBody[ClaimWanted],
    transaction: NamedDependency[AsyncConnection],
    hearing: NamedDependency[Hearing],
    settings: NamedDependency[Settings],
) -> Claimed:
    at = now()
    return await claiming.claim(
        transaction, recording_id, data, at=at, heard_since=hearing.since(at), settings=settings
    )


@post("/internal/recordings/{recording_id:uuid}/reports", status_code=200)
async def take_report(
    recording_id: FromPath[RecordingId],
    data: JSONBody[RecorderReport],
    engine: NamedDependency[AsyncEngine],
    settings: NamedDependency[Settings],
    sweepers: NamedDependency[Sweepers],
) -> Orders:
    """The transaction is over before the sweepers wake, so that they find what was kept."""
    async with engine.begin() as transaction:
        orders = await reporting.take_report(
            transaction, recording_id, data.report, lease_id=data.lease_id, at=now(), settings=settings
        )
    if isinstance(data.report, Finished):
        sweepers.wake()
    return orders


@post("/internal/recordings/{recording_id:uuid}/segments", status_code=200)
async def reserve_segment(
    recording_id: FromPath[RecordingId],
    data: JSONBody[SegmentWanted],
    transaction: NamedDependency[AsyncConnection],
    objects: NamedDependency[Objects],
    settings: NamedDependency[Settings],
) -> SegmentReserved:
    return await storing.reserve(transaction, recording_id, data, objects=objects, at=now(), settings=settings)


@post("/internal/recordings/{recording_id:uuid}/segments/{segment_id:uuid}/acknowledge", status_code=200)
async def acknowledge_segment(
    recording_id: FromPath[RecordingId],
    segment_id: FromPath[UUID],
    engine: NamedDependency[AsyncEngine],
    objects: NamedDependency[Objects],
) -> SegmentAcknowledged:
    """No transaction is open while the bytes are read from the store."""
    async with engine.begin() as transaction:
        reservation = await storing.announced(transaction, recording_id, segment_id)
    measured = await storing.check(reservation, objects=objects)
    async with engine.begin() as transaction:
        return await storing.acknowledge(transaction, recording_id, reservation, measured=measured, at=now())


@post("/internal/uploads/attach", status_code=200)
async def attach_uploads(
    data: JSONBody[UploadsWanted],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> UploadsMissing:
    """For a message that is about to be posted: all of them, or none."""
    return await attaching.attach(transaction, data, at=now(), settings=settings)


@post("/internal/uploads/release", status_code=204)
async def release_uploads(
    data: JSONBody[UploadsWanted],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> None:
    """The message for which they were attached was refused."""
    await attaching.release(transaction, data, at=now(), settings=settings)


@get(PATH)
async def show_instance(settings: NamedDependency[Settings]) -> MediaInfo:
    """The limits that clients show before they are reached."""
    return MediaInfo(upload_bytes_max=settings.upload_bytes_max, filename_chars_max=settings.filename_chars_max)


def router(verifier: Verifier) -> Router:
    """These routes, behind the check of a service's token."""
    return Router(
        "/",
        route_handlers=[
            read_log,
            list_claimable,
            claim,
            take_report,
            reserve_segment,
            acknowledge_segment,
            attach_uploads,
            show_instance,
            release_uploads,
        ],
        guards=[services_only(verifier)],
        include_in_schema=False,
    )
