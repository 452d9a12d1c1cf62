"""Who may do what: a role's permissions, changed per channel by overrides."""

from collections.abc import Iterable
from enum import IntFlag
from typing import Final
from uuid import UUID

import msgspec

from contracts.ids import SpaceId, UserId
from contracts.messaging import Channel, Role
from contracts.problems import Conflict, Forbidden, NotFound


class Permission(IntFlag):
    """What somebody may do. Those of a channel can be overridden in each; the others belong to the space."""

    VIEW = 1
    POST = 2
    REACT = 4
    ATTACH = 8
    START_THREADS = 16
    MENTION_MANY = 32
    PIN = 64
    MODERATE = 128
    INVITE = 1 << 8
    REMOVE_MEMBERS = 1 << 9
    MANAGE_CHANNELS = 1 << 10
    MANAGE_MEMBERS = 1 << 11
    MANAGE_SPACE = 1 << 12
    OWN = 1 << 13


NOTHING: Final = Permission(0)
OF_CHANNEL: Final = Permission(255)

_MEMBER: Final = (
    Permission.VIEW
    | Permission.POST
    | Permission.REACT
    | Permission.ATTACH
    | Permission.START_THREADS
    | Permission.INVITE
)
_MODERATOR: Final = _MEMBER | Permission.MENTION_MANY | Permission.PIN | Permission.MODERATE | Permission.REMOVE_MEMBERS
_ADMIN: Final = _MODERATOR | Permission.MANAGE_CHANNELS | Permission.MANAGE_MEMBERS | Permission.MANAGE_SPACE

OF_ROLE: Final[dict[Role, Permission]] = {
    Role.OWNER: _ADMIN | Permission.OWN,
    Role.ADMIN: _ADMIN,
    Role.MODERATOR: _MODERATOR,
    Role.MEMBER: _MEMBER,
}

RANK: Final[dict[Role, int]] = {Role.OWNER: 3, Role.ADMIN: 2, Role.MODERATOR: 1, Role.MEMBER: 0}


class Override(msgspec.Struct, frozen=True):
    """What a role or a person (`subject`) may or may not do in one channel, against what their role says."""

    subject: str
    allow: Permission = NOTHING
    deny: Permission = NOTHING


def role_subject(role: Role) -> str:
    return f"role:{role}"


def user_subject(user_id: UserId) -> str:
    return f"user:{user_id}"


def user_of(subject: str) -> UserId | None:
    """The person whom an override is for; None when it is for a role."""
    kind, _, name = subject.partition(":")
    return UserId(UUID(name)) if kind == "user" else None


def permissions(role: Role, *, private: bool, of_role: Override | None, of_user: Override | None) -> Permission:
    """The role's own, then the channel's override for the role, then the one for the person; each may take and give.

    Owners and admins may do everything everywhere. Who may not view a channel may do nothing in it.
    """
    granted = OF_ROLE[role]
    if RANK[role] >= RANK[Role.ADMIN]:
        return granted
    if private:
        granted &= ~Permission.VIEW
    for override in (of_role, of_user):
        if override is not None:
            granted = granted & ~override.deny | override.allow
    return granted if Permission.VIEW in granted else granted & ~OF_CHANNEL


def permissions_of(user_id: UserId, role: Role, *, private: bool, overrides: Iterable[Override]) -> Permission:
    """The same, from all overrides of the channel."""
    by_subject = {override.subject: override for override in overrides}
    return permissions(
        role,
        private=private,
        of_role=by_subject.get(role_subject(role)),
        of_user=by_subject.get(user_subject(user_id)),
    )


def of_space(role: Role, *, record_role: Role) -> tuple[str, ...]:
    """What a role may do in a space, by name. Whether it may record, which is media's to allow, is said too."""
    may_record = ("record",) if RANK[role] >= RANK[record_role] else ()
    return names(OF_ROLE[role]) + may_record


def names(granted: Permission) -> tuple[str, ...]:
    """As the public surface shows permissions."""
    return tuple(str(one.name).lower() for one in Permission if one in granted)


class ChannelArchived(Conflict):
    code, title = "channel_archived", "This channel is archived and read-only"


class SpaceArchived(Conflict):
    code, title = "space_archived", "This space is archived and read-only"


class Membership(msgspec.Struct, frozen=True):
    """A person's place in a space."""

    space_id: SpaceId
    user_id: UserId
    role: Role
    archived: bool

    def may(self, permission: Permission) -> bool:
        return permission in OF_ROLE[self.role]

    def require(self, permission: Permission) -> None:
        """Raises `Forbidden` unless the role has the permission in the space."""
        if not self.may(permission):
            raise Forbidden(f"This needs the permission {', '.join(names(permission))}")

    def require_open(self) -> None:
        if self.archived:
            raise SpaceArchived

    def require_above(self, other: Role) -> None:
        """Nobody may act on their equals."""
        if RANK[self.role] <= RANK[other]:
            raise Forbidden("This needs a higher role than theirs")


class Access(msgspec.Struct, frozen=True):
    """A channel as one person may use it."""

    channel: Channel
    user_id: UserId
    role: Role
    granted: Permission
    space_archived: bool = False
    parent_archived: bool = False

    def require(self, permission: Permission) -> None:
        """Raises `NotFound` to who may not know of the channel, `Forbidden` to who may not do this."""
        if Permission.VIEW not in self.granted:
            raise NotFound
        if permission not in self.granted:
            raise Forbidden(f"This needs the permission {', '.join(names(permission & ~self.granted))}")

    def require_open(self) -> None:
        """Raises when nothing may be changed any more."""
        if self.space_archived:
            raise SpaceArchived
        if self.channel.archived_at is not None or self.parent_archived:
            raise ChannelArchived
