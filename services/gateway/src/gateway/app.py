"""The wiring: settings in, application out."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from litestar import Litestar
from litestar.types import ASGIApp
from msgspec.structs import replace

from chassis import app
from chassis.background import Supervisor, Worker
from chassis.head import answering_head
from chassis.health import Readiness
from chassis.tokens import KeySet, RevokedSessions, Verifier
from chassis.tracing import observe
from gateway import events
from gateway.clients import Services
from gateway.forward.edge import Edge, RequestForwarder
from gateway.forward.forwarder import Forwarder
from gateway.forward.paths import STORE
from gateway.forward.post_forwarder import PostForwarder
from gateway.forward.store import Store
from gateway.limits import Limits
from gateway.parts import Parts
from gateway.realtime.handover import Acceptor
from gateway.realtime.heartbeat import Heartbeat
from gateway.realtime.hub import Hub
from gateway.realtime.people import People
from gateway.routes import documents, instance, pages, status
from gateway.routes.flags import Flags
from gateway.routes.site import Site
from gateway.settings import Settings
from streams import bus
from streams.subscriber import BroadcastSubscriber


def create_app(settings: Settings) -> Litestar:
    """The gateway's own pages; starting them starts the edge, which the server puts in front."""
    redis = bus.connect(settings.redis_url.reveal())
    services = Services(settings)
    revoked = RevokedSessions()
    verifier = Verifier(KeySet(services.keys), service="gateway", revoked=revoked)

    @asynccontextmanager
    async def lifespan(application: Litestar) -> AsyncGenerator[None]:
        limits = Limits(settings.redis_url, settings)
        people = People(redis, settings)
        hub = people.hub = Hub(services, settings, people)
        forwarders = make_forwarders(services, settings)
        by_service: dict[str, RequestForwarder] = {**forwarders}
        if STORE in forwarders:
            by_service[STORE] = Store(forwarders[STORE])
        by_service["messaging"] = posts = PostForwarder(forwarders["messaging"], services.post_connect_token, settings)
        inner = make_site(observe(answering_head(cast("Any", application))), settings)
        edge = Edge(inner, forwarders=by_service, verifier=verifier, limits=limits, settings=settings)
        application.state["parts"] = Parts(edge=edge, acceptor=Acceptor(hub, verifier.caller, settings), hub=hub)
        views = events.views(redis, hub, revoked)
        work = [
            hub.worker(),
            Heartbeat(hub, settings).worker(),
            *people.workers(),
            Worker("posts", posts.run, bound_seconds=math.inf),
            *(view.worker() for view in views),
        ]
        async with services.open(), workers.running(*work):
            listening = asyncio.create_task(listen(views, hub))
            yield
            listening.cancel()
        await hub.reader.stop()
        for forwarder in forwarders.values():
            forwarder.upstream.close()
        await limits.close()
        await redis.aclose()

    async def redis_answers() -> None:
        await redis.ping()  # pyright: ignore[reportUnknownMemberType]  untyped in redis

    workers = Supervisor()
    checks = {"redis": redis_answers} | {name: services.readiness(name) for name in services.urls}
    return app.create_app(
        "gateway",
        settings,
        routes=[*documents.ROUTES, *status.ROUTES, *pages.ROUTES, *instance.ROUTES],
        dependencies=make_dependencies(Readiness(checks), services, settings),
        lifespan=[lifespan],
        supervisor=workers,
        checks=checks,
    )


def make_dependencies(readiness: Readiness, services: Services, settings: Settings) -> dict[str, Callable[[], object]]:
    """What the gateway's own pages may ask for by name."""
    about, flags = instance.About(services, settings), Flags(settings)
    bots = Readiness({name: services.readiness(name) for name in services.bots})
    return {
        "about": lambda: about,
        "bots": lambda: bots,
        "flags": lambda: flags,
        "readiness": lambda: readiness,
        "services": lambda: services,
        "settings": lambda: settings,
    }


def make_site(pages: ASGIApp, settings: Settings) -> ASGIApp:
    """The web client in front of the gateway's own pages, where it is installed."""
    if not settings.web_folder:
        return pages
    return Site(pages, Path(settings.web_folder), store_url=settings.s3_public_url, public_url=settings.public_url)


def make_forwarders(services: Services, settings: Settings) -> dict[str, Forwarder]:
    """To every service, and to a store that browsers do not reach by themselves."""
    made = {name: Forwarder(name, url, settings) for name, url in services.urls.items()}
    if settings.s3_public_url and settings.s3_public_url.rstrip("/") == settings.public_url.rstrip("/"):
        limits = {
            "body_bytes_max": settings.form_bytes_max,
            "upstream_connections_max": settings.forms_under_way_max,
            "upstream_connections_per_client_max": settings.forms_per_client_max,
        }
        made[STORE] = Forwarder(STORE, settings.s3_endpoint, replace(settings, **limits), keep_host=True)
    return made


async def listen(views: list[BroadcastSubscriber], hub: Hub) -> None:
    """Let topics be opened once the streams are read: then nothing that is told can be missed."""
    for view in views:
        await view.started.wait()
    hub.reader.listening.set()
