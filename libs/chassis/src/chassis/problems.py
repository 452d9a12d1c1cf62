"""Answer every error, the framework's own included, as RFC 9457 `application/problem+json`."""

import asyncio
import math
import traceback
from typing import Any, Final, cast

import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)

from chassis.field_errors import field_error
from chassis.outages import is_outage
from chassis.tracing import trace_id
from contracts.problems import (
    InvalidInput,
    Kind,
    MethodNotAllowed,
    NotFound,
    Problem,
    ProblemBody,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)

log = structlog.get_logger()

_DECODING_FRAMES_MAX: Final = 200
MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[dict[Kind, int]] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.METHOD_NOT_ALLOWED: 405,
    Kind.TOO_SLOW: 408,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.LIMITED: 429,
    Kind.HEAD_TOO_LARGE: 431,
    Kind.BUG: 500,
    Kind.UNAVAILABLE: 503,
}

_OF_FRAMEWORK: Final[dict[int, type[Problem]]] = {
    401: Unauthenticated,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
    429: RateLimited,
    503: Unavailable,
}


def body_of(problem: Problem) -> ProblemBody:
    """The problem as RFC 9457 has it; `instance` is the trace id, which the log has too."""
    return ProblemBody(
        type=f"/problems/{problem.code}",
        title=problem.title,
        status=STATUS[problem.kind],
        code=problem.code,
        detail=problem.detail,
        instance=trace_id(),
        errors=problem.errors,
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """What a client has to know beside the body: when to come back, and how to say who it is."""
    headers: dict[str, str] = {}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after_seconds)))
    if problem.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def answer(problem: Problem) -> Response[ProblemBody]:
    """The whole response."""
    body = body_of(problem)
    return Response(body, status_code=body.status, media_type=MEDIA_TYPE, headers=headers_of(problem))


def from_framework(error: HTTPException) -> Problem:
    """The same error in our words. Litestar puts what is wrong with single fields in `extra`."""
    kind = _OF_FRAMEWORK.get(error.status_code)
    if kind is not None:
        return kind()
    if error.status_code >= 500:
        return Problem()
    found = cast("list[dict[str, str]] | None", getattr(error, "extra", None)) or []
    errors = [field_error(one) for one in found]
    return InvalidInput("" if errors else error.detail, errors=errors)


def _on_problem(_: Request[Any, Any, Any], error: Problem) -> Response[ProblemBody]:
    if error.kind is Kind.UNAVAILABLE:
        log.warning("dependency.failed", code=error.code, detail=error.detail)
    return answer(error)


def _on_framework_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[ProblemBody]:
    if error.status_code >= 500:
        log.error("request.failed", exc_info=error)
    response = answer(from_framework(error))
    if isinstance(error, MethodNotAllowedException):
        methods = set((error.headers or {}).get("allow", "").split(", "))
        response.headers["Allow"] = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
    return response


def _on_malformed(
    _: Request[Any, Any, Any], error: SerializationException | UnicodeDecodeError
) -> Response[ProblemBody]:
    return answer(InvalidInput(str(error)))


def _on_recursion(request: Request[Any, Any, Any], error: RecursionError) -> Response[ProblemBody]:
    """msgspec gives up on deeply nested JSON after few frames of ours; many frames are a loop of our own."""
    frames = sum(1 for _ in traceback.walk_tb(error.__traceback__))
    return _on_bug(request, error) if frames > _DECODING_FRAMES_MAX else answer(InvalidInput("The JSON is too deep"))


def _on_dependency_away(_: Request[Any, Any, Any], error: Exception) -> Response[ProblemBody]:
    log.warning("dependency.failed", error=repr(error))
    return answer(Unavailable(retry_after_seconds=1))


def _on_other(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemBody]:
    """What is away is named by no class: drivers raise past SQLAlchemy, and a full disk has none of its own there."""
    return _on_dependency_away(request, error) if is_outage(error) else _on_bug(request, error)


def _on_bug(_: Request[Any, Any, Any], error: Exception) -> Response[ProblemBody]:
    log.error("request.failed", exc_info=error)
    return answer(Problem())


HANDLERS: Final[dict[type[Exception], Any]] = {
    Problem: _on_problem,
    ValidationException: _on_framework_error,
    NotFoundException: _on_framework_error,
    MethodNotAllowedException: _on_framework_error,
    HTTPException: _on_framework_error,
    SerializationException: _on_malformed,
    UnicodeDecodeError: _on_malformed,  # of msgspec, which Litestar lets pass: a key that is no UTF-8
    RecursionError: _on_recursion,
    OSError: _on_dependency_away,
    asyncio.TimeoutError: _on_dependency_away,
    Exception: _on_other,
}


def answer_to(error: Exception) -> Response[ProblemBody]:
    """For who answers ahead of the framework: what its handlers would."""
    handler = next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)
    return handler(None, error)
