"""What people see that is not in any event, and the limits of names."""

import msgspec

from contracts.messaging import Role, Space
from contracts.problems import Conflict, FieldError, InvalidInput
from messaging.domain.access import of_space
from messaging.settings import Settings


class LimitReached(Conflict):
    code, title = "limit_reached", "The limit has been reached"


class SpaceSeen(Space, frozen=True, kw_only=True):
    """A space as a member sees it, with their own role and what it lets them do (`record` among it); a channel may
    give and take some of that.
    """

    role: Role
    permissions: tuple[str, ...]


def seen(space: Space, role: Role, *, limits: Settings) -> SpaceSeen:
    allowed = of_space(role, record_role=limits.record_role)
    return SpaceSeen(role=role, permissions=allowed, **msgspec.structs.asdict(space))


def check_name(name: str, *, limits: Settings) -> str:
    """The name without surrounding space."""
    name = name.strip()
    if not 1 <= len(name) <= limits.name_chars_max or not name.isprintable():
        raise InvalidInput(errors=[FieldError("/name", f"must have 1 to {limits.name_chars_max} visible characters")])
    return name


def check_text(text: str, *, pointer: str, chars_max: int) -> str:
    if len(text) > chars_max or "\0" in text:
        raise InvalidInput(errors=[FieldError(pointer, f"at most {chars_max} characters, none of them zero")])
    return text


def is_snowflake(text: str) -> bool:
    """Discord's ids: unsigned 64-bit numbers."""
    return text.isascii() and text.isdigit() and len(text) <= 20


def check_room(count: int, *, limit: int, what: str) -> None:
    """Raises `LimitReached` when there is no room for one more."""
    if count >= limit:
        raise LimitReached(f"At most {limit} {what}")
