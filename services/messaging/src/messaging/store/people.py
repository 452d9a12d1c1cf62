"""Profiles: what is known of people, as auth tells it."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.ids import UserId
from messaging.store.tables import people

_ANNOUNCE = text("""
    update people set announced_at = now(), unannounced = false
    where id = :id and (announced_at is null or announced_at <= now() - make_interval(secs => :pause)) returning id
""")
_DEFER = text("update people set unannounced = true where id = :id")
_NEXT = text("""
    select id, display_name, avatar_url from people
    where unannounced and announced_at <= now() - make_interval(secs => :pause)
    order by announced_at limit 1 for update skip locked
""")


async def keep(connection: AsyncConnection, profile: Profile) -> None:
    """The profile as it is now."""
    row = {"id": profile.id, "display_name": profile.display_name, "avatar_url": profile.avatar_url}
    statement = insert(people).values(row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))


async def keep_if_new(connection: AsyncConnection, profile: Profile) -> None:
    """For who acts before auth's event about them has arrived; what is known already is newer than a token."""
    row = {"id": profile.id, "display_name": profile.display_name, "avatar_url": profile.avatar_url}
    await connection.execute(insert(people).values(row).on_conflict_do_nothing())


async def announce(connection: AsyncConnection, user_id: UserId, *, pause_seconds: float) -> bool:
    """Whether the profile may be announced now: the last time was `pause_seconds` ago. If not, it is due then."""
    wanted = {"id": user_id, "pause": pause_seconds}
    if (await connection.execute(_ANNOUNCE, wanted)).one_or_none() is not None:
        return True
    await connection.execute(_DEFER, {"id": user_id})
    return False


async def next_unannounced(connection: AsyncConnection, *, pause_seconds: float) -> Profile | None:
    """Somebody whose profile is due; from now on it counts as announced."""
    row = (await connection.execute(_NEXT, {"pause": pause_seconds})).one_or_none()
    if row is None:
        return None
    await connection.execute(_ANNOUNCE, {"id": row.id, "pause": pause_seconds})
    return Profile(id=row.id, display_name=row.display_name, avatar_url=row.avatar_url)


async def find(connection: AsyncConnection, user_ids: Sequence[UserId]) -> dict[UserId, Profile]:
    rows = await connection.execute(select(people).where(people.c.id.in_(user_ids)))
    return {row.id: Profile(id=row.id, display_name=row.display_name, avatar_url=row.avatar_url) for row in rows}


def profile_of(user_id: UserId, display_name: str | None, avatar_url: str | None) -> Profile:
    """A joined profile; somebody who is not known (any more) has a name too."""
    return Profile(id=user_id, display_name="Unknown" if display_name is None else display_name, avatar_url=avatar_url)
