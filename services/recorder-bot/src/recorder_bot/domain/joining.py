"""Whether the recorder may join a voice channel, by Discord's own arithmetic of permissions, and why not."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

VIEW_CHANNEL, CONNECT, MOVE_MEMBERS, ADMINISTRATOR = 1 << 10, 1 << 20, 1 << 24, 1 << 3
EVERYTHING = (1 << 64) - 1


class Obstacle(StrEnum):
    """Why a voice channel cannot be joined."""

    NO_CHANNEL = "no_channel"
    NO_VIEW = "no_view"
    NO_CONNECT = "no_connect"
    CHANNEL_FULL = "channel_full"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"


class Overwrite(msgspec.Struct, frozen=True):
    """What a channel allows and denies to one role or member, as bits."""

    allow: int
    deny: int


def permissions(guild_id: int, member_id: int, *, roles: Mapping[int, int], overwrites: Mapping[int, Overwrite]) -> int:
    """In a channel, of a member with these roles (their permissions by id; @everyone has the guild's id).

    https://docs.discord.com/developers/topics/permissions, "Permission Overwrites".
    """
    granted = 0
    for permission in roles.values():
        granted |= permission
    if granted & ADMINISTRATOR:
        return EVERYTHING
    none = Overwrite(0, 0)
    everyone, own = overwrites.get(guild_id, none), overwrites.get(member_id, none)
    granted = granted & ~everyone.deny | everyone.allow
    of_roles = [overwrites[role] for role in roles if role != guild_id and role in overwrites]
    for overwrite in of_roles:
        granted &= ~overwrite.deny
    for overwrite in of_roles:
        granted |= overwrite.allow
    return granted & ~own.deny | own.allow


def obstacle(granted: int, *, people: int, user_limit: int) -> Obstacle | None:
    """What keeps a member with these permissions out of a channel in which so many people are (limit 0: any number)."""
    if not granted & VIEW_CHANNEL:
        return Obstacle.NO_VIEW
    if not granted & CONNECT:
        return Obstacle.NO_CONNECT
    if user_limit and people >= user_limit and not granted & MOVE_MEMBERS:
        return Obstacle.CHANNEL_FULL
    return None
