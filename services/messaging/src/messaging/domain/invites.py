"""Invites: keys to a space that end by time, by use, or by hand."""

from datetime import datetime

import msgspec

from contracts.ids import SpaceId, UserId
from contracts.problems import Forbidden, Kind, Problem


class InviteEnded(Problem):
    code, kind, title = "invite_ended", Kind.GONE, "This invite has expired or is no longer valid"


class Banned(Forbidden):
    code, title = "banned", "You are banned from this space"


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """Who knows the `code` may join; `max_uses` None means any number."""

    code: str
    space_id: SpaceId
    created_by: UserId
    created_at: datetime
    expires_at: datetime
    max_uses: int | None = None
    uses: int = 0
    revoked_at: datetime | None = None

    def check_open(self, at: datetime) -> None:
        """Raises `InviteEnded`."""
        exhausted = self.max_uses is not None and self.uses >= self.max_uses
        if self.revoked_at is not None or self.expires_at <= at or exhausted:
            raise InviteEnded

    def used(self, at: datetime) -> "Invite":
        """The invite after one more use. Raises `InviteEnded`."""
        self.check_open(at)
        return msgspec.structs.replace(self, uses=self.uses + 1)
