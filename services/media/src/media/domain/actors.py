"""Who acts, and what they may do with the recordings of a space."""

from typing import Final

import msgspec

from contracts.ids import UserId
from contracts.messaging import Role
from contracts.problems import Forbidden, NotFound, NotLinked

RANK: Final = {Role.OWNER: 4, Role.ADMIN: 3, Role.MODERATOR: 2, Role.MEMBER: 1}


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person: by their own token, or by a bot that names the Discord user it acts for.

    `manages_guild` is the Discord server which, as the bot has it from Discord, they may manage.
    """

    user_id: UserId | None = None
    discord_id: str | None = None
    manages_guild: str | None = None

    @property
    def name(self) -> str:
        """One name per actor, for keys."""
        return f"discord:{self.discord_id}" if self.user_id is None else str(self.user_id)


def role_of(actor: Actor, *, membership: Role | None, guild_id: str | None) -> Role:
    """What the actor is in a space that is linked to `guild_id`: a manager of that server counts as a moderator.

    Raises `NotLinked` for a Discord user without an account, `NotFound` for strangers.
    """
    manages = guild_id is not None and actor.manages_guild == guild_id
    if manages and (membership is None or RANK[membership] < RANK[Role.MODERATOR]):
        return Role.MODERATOR
    if membership is not None:
        return membership
    if actor.user_id is None:
        raise NotLinked("Link it first: type /link in Discord, and log in")
    raise NotFound


def require(role: Role, needed: Role) -> None:
    if RANK[role] < RANK[needed]:
        raise Forbidden(f"This needs the role {needed} in the space; yours is {role}")
