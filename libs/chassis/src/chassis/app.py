"""The application that every service is: its routes, plus health, problems, traces and limits, always the same."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, Final, cast

import structlog
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from chassis import health, metrics, problems
from chassis.background import Supervisor
from chassis.schemas import AnswerSchemas
from chassis.settings import ServiceSettings
from chassis.tokens import Guard
from contracts.problems import InvalidInput, UnsupportedMediaType

log = structlog.get_logger()

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


async def require_plain_text(request: Request[Any, Any, Any]) -> None:
    """No text in PostgreSQL holds NUL, so no parameter needs it."""
    if b"%00" in request.scope["query_string"]:
        raise InvalidInput("A parameter contains NUL (%00)")
    await require_json(request)


async def require_json(request: Request[Any, Any, Any]) -> None:
    """A body must say that it is JSON; a page of another origin cannot say so without asking first (CORS)."""
    headers = request.headers
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if request.method in _WITH_BODY and has_body:
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType


def create_app(
    name: str,
    settings: ServiceSettings,
    *,
    routes: Sequence[ControllerRouterHandler],
    checks: Mapping[str, health.Check],
    dependencies: Mapping[str, Callable[..., Any]],
    guards: Sequence[Guard] = (),
    lifespan: Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]] = (),
    supervisor: Supervisor | None = None,
) -> Litestar:
    """Wire a service. `dependencies` are what its handlers may ask for by name; `checks` and workers make up `/readyz`.

    The supervisor's workers run inside of `lifespan`: what that opens is there before they start and after they end.

    No dependency may refuse: that is for guards, see `chassis.tokens.gate`.
    """
    supervisor = supervisor or Supervisor()
    own = [*health.routes_for(checks, supervisor), metrics.route_for(settings)]
    return Litestar(
        route_handlers=[*routes, *cast("list[ControllerRouterHandler]", own)],
        dependencies={key: _provide(make) for key, make in dependencies.items()},
        exception_handlers={**problems.HANDLERS},
        before_request=require_plain_text,
        guards=list(guards),
        lifespan=[_saying_why, *lifespan, lambda _: supervisor.running(*supervisor.workers), _say_started],
        state=State({"supervisor": supervisor, "started": asyncio.Event()}),
        request_max_body_size=settings.body_bytes_max,
        logging_config=None,
        plugins=[AnswerSchemas()],
        openapi_config=OpenAPIConfig(
            title=f"Guildhall {name}",
            version="1",
            path="/openapi",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        ),
    )


@asynccontextmanager
async def _saying_why(app: Litestar) -> AsyncGenerator[None]:
    """A start or a stop that fails is logged here: servers keep the error to themselves."""
    try:
        yield
    except Exception as error:
        event = "service.stop_failed" if started_of(app).is_set() else "service.start_failed"
        log.exception(event, error=str(error))
        raise


@asynccontextmanager
async def _say_started(app: Litestar) -> AsyncGenerator[None]:
    started_of(app).set()
    yield


def started_of(app: Litestar) -> asyncio.Event:
    """Set once everything that the application needs has been opened, and its workers run."""
    return cast("asyncio.Event", app.state["started"])


def supervisor_of(app: Litestar) -> Supervisor:
    """What runs the application's workers."""
    return cast("Supervisor", app.state["supervisor"])


def _provide(make: Callable[..., Any]) -> Provide:
    """Litestar wants to know of a plain function that it does not block, and warns when told so of another."""
    plain = not (iscoroutinefunction(make) or isasyncgenfunction(make))
    return Provide(make, sync_to_thread=False if plain else None)
