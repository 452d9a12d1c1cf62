"""People as auth knows them: their profiles, and their going."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.ids import SpaceId, UserId
from contracts.messaging import Member, MemberLeft, MemberUpdated, Role, SpaceDeleted
from messaging.domain.access import RANK
from messaging.store import audit, members, people, redaction, spaces
from messaging.usecases.spaces import hand_over
from streams.outbox import publish, publish_all

DELETED_NAME = "Deleted account"
ANNOUNCE_PAUSE_SECONDS: Final = 5.0
"""Between two tellings of one person's profile to all of their spaces."""


async def keep_profile(connection: AsyncConnection, profile: Profile) -> None:
    """Wherever they are a member, the others see the profile as it is now; of many changes in a row they are told the
    first, and what has become of it `ANNOUNCE_PAUSE_SECONDS` later.
    """
    await people.keep(connection, profile)
    memberships = await members.of_person(connection, profile.id)
    if memberships and await people.announce(connection, profile.id, pause_seconds=ANNOUNCE_PAUSE_SECONDS):
        await _announce(connection, profile, memberships)


async def announce_next(connection: AsyncConnection) -> bool:
    """Tell the spaces of one person what has become of their profile. False when nobody is due."""
    profile = await people.next_unannounced(connection, pause_seconds=ANNOUNCE_PAUSE_SECONDS)
    if profile is not None:
        await _announce(connection, profile, await members.of_person(connection, profile.id))
    return profile is not None


async def _announce(connection: AsyncConnection, profile: Profile, memberships: Sequence[Member]) -> None:
    updated = [msgspec.structs.replace(one, user=profile) for one in memberships]
    if updated:
        await publish_all(
            connection, [(f"space:{one.space_id}", MemberUpdated(**msgspec.structs.asdict(one))) for one in updated]
        )


def without_name(data: bytes, user_id: UserId) -> bytes:
    """An event's data with the name and the picture of an erased person taken out, wherever they stand."""
    return msgspec.json.encode(_without_name(msgspec.json.decode(data), str(user_id)))


def _without_name(value: Any, user_id: str) -> Any:
    if isinstance(value, list):
        return [_without_name(one, user_id) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    if fields.get("id") == user_id and "display_name" in fields:
        return fields | {"display_name": DELETED_NAME, "avatar_url": None}
    return {key: _without_name(one, user_id) for key, one in fields.items()}


async def forget_person(connection: AsyncConnection, user_id: UserId, *, at: datetime) -> None:
    """What they said stays, under no name. A space of theirs goes to the highest and longest member, or ends."""
    await people.keep(connection, Profile(id=user_id, display_name=DELETED_NAME))
    await redaction.begin_erasing(connection, user_id)
    for membership in await members.of_person(connection, user_id):
        space_id = membership.space_id
        if membership.role is Role.OWNER and not await _leave_to_heir(connection, space_id, user_id, at=at):
            await spaces.remove(connection, space_id, at=at)
            await audit.write(connection, space_id, actor_id=user_id, action="space.deleted", target=space_id, at=at)
            await publish(connection, f"space:{space_id}", SpaceDeleted(id=space_id))
        else:
            await members.remove(connection, space_id, user_id)
            await publish(connection, f"space:{space_id}", MemberLeft(space_id=space_id, user_id=user_id))


async def _leave_to_heir(connection: AsyncConnection, space_id: SpaceId, user_id: UserId, *, at: datetime) -> bool:
    def precedence(one: Member) -> tuple[int, datetime]:
        return -RANK[one.role], one.joined_at

    everybody = await members.page(connection, space_id, after=None, limit=10_000)
    others = [one for one in everybody if one.user.id != user_id]
    if not others:
        return False
    await hand_over(connection, space_id, heir=min(others, key=precedence).user.id, actor_id=user_id, at=at)
    return True
