"""Refusals and operational errors as every service and every client names them (RFC 9457)."""

from collections.abc import Sequence
from enum import Enum
from typing import ClassVar

import msgspec


class Kind(Enum):
    """What sort of problem it is; each edge maps the kind to its own answer (status, close code, reply)."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    GONE = "gone"
    STALE = "stale"
    TOO_LARGE = "too_large"
    HEAD_TOO_LARGE = "head_too_large"
    TOO_SLOW = "too_slow"
    UNSUPPORTED = "unsupported"
    LIMITED = "limited"
    BUG = "bug"
    UNAVAILABLE = "unavailable"


class FieldError(msgspec.Struct, frozen=True):
    """One thing wrong with the input; `pointer` is a JSON Pointer (RFC 6901) into the body, or a parameter's name."""

    pointer: str
    message: str


class Problem(Exception):
    """An expected refusal or an operational error. Subclasses stand beside the rule that raises them."""

    code: ClassVar[str] = "bug"
    kind: ClassVar[Kind] = Kind.BUG
    title: ClassVar[str] = "Something went wrong on our side"
    advice: ClassVar[str] = ""
    """What to do, for its page in `docs/problems/`; what its kind advises where this is empty."""

    def __init__(
        self, detail: str = "", *, errors: Sequence[FieldError] = (), retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_seconds = retry_after_seconds


class InvalidInput(Problem):
    code, kind, title = "invalid_input", Kind.INVALID, "The request is not valid"


class Unauthenticated(Problem):
    code, kind, title = "unauthenticated", Kind.UNAUTHENTICATED, "A valid access token is required"


class TokenExpired(Problem):
    code, kind, title = "token_expired", Kind.UNAUTHENTICATED, "The access token has expired"


class SessionEnded(Problem):
    code, kind, title = "session_ended", Kind.UNAUTHENTICATED, "This session has ended"


class Forbidden(Problem):
    code, kind, title = "forbidden", Kind.FORBIDDEN, "You do not have permission to do this"


class NotLinked(Forbidden):
    """A Discord user acts through a bot, but nobody here has said that this Discord account is theirs."""

    code, title = "not_linked", "This Discord account is not linked to an account here"


class NotFound(Problem):
    code, kind, title = "not_found", Kind.NOT_FOUND, "Not found"


class MethodNotAllowed(Problem):
    code, kind, title = "method_not_allowed", Kind.METHOD_NOT_ALLOWED, "Method not allowed"


class Conflict(Problem):
    code, kind, title = "conflict", Kind.CONFLICT, "This conflicts with the current state"


class StaleRevision(Problem):
    code, kind, title = "stale_revision", Kind.STALE, "It has been changed since you loaded it"


class TooLarge(Problem):
    code, kind, title = "too_large", Kind.TOO_LARGE, "The request is too large"


class UnsupportedMediaType(Problem):
    code, kind, title = "unsupported_media_type", Kind.UNSUPPORTED, "The request body must be application/json"


class RateLimited(Problem):
    code, kind, title = "rate_limited", Kind.LIMITED, "Too many requests. Wait a moment"


class Unavailable(Problem):
    code, kind, title = "unavailable", Kind.UNAVAILABLE, "Part of the system is unavailable. Try again"


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an `application/problem+json` answer; `instance` is the trace id to tell the operator."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    instance: str = ""
    errors: tuple[FieldError, ...] = ()
