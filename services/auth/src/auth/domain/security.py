"""The security log: who did what, from where, with what outcome."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from contracts.ids import SessionId, UserId

Outcome = Literal["done", "refused"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `user_id` is whose account it concerns; `actor` who acted: "user", "admin:<id>", "service:<name>"."""

    id: UUID
    at: datetime
    user_id: UserId | None
    actor: str
    action: str
    outcome: Outcome
    network: str
    device: str
    session_id: SessionId | None = None
    detail: str = ""
