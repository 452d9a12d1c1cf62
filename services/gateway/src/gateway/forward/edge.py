"""The hot path: every HTTP request comes here first, and leaves for a service or for the gateway's own pages."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

import structlog
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from chassis.problems import STATUS
from chassis.tokens import Caller, Verifier
from chassis.tracing import HEALTH_PATHS, continued
from contracts.problems import InvalidInput, Problem, Unauthenticated, Unavailable
from gateway.client import Client, client_of
from gateway.connections import CONNECTION, Connection
from gateway.forward.answers import Headers, answer, answer_problem
from gateway.forward.compressing import compressing
from gateway.forward.forwarder import ClientLeft, Cut
from gateway.forward.media_cookie import ONLY_OURS, is_media, with_token
from gateway.forward.paths import STORE, owner_of
from gateway.limits import Limits
from gateway.settings import Settings

log = structlog.get_logger()

_METHODS: Final = b"GET, POST, PUT, PATCH, DELETE"
_CORS_SECONDS: Final = b"600"
UNCOMPRESSED: Final = frozenset({"auth", STORE})
"""Whose answers hold secrets beside what others may have put there, or are to arrive as they are."""
_STATIC: Final = "/assets/"
"""Files that never change: cheap, and many for one page."""


class RequestForwarder(Protocol):
    """Forwards requests to one service."""

    async def forward(
        self, scope: HTTPScope, receive: Receive, send: Send, *, client: Client, more: Headers
    ) -> None: ...


class Edge:
    """Decides where a request goes, who sends it, and whether it is one too many."""

    def __init__(
        self,
        pages: ASGIApp,
        *,
        forwarders: Mapping[str, RequestForwarder],
        verifier: Verifier,
        limits: Limits,
        settings: Settings,
    ) -> None:
        self._pages = pages
        self.forwarders = forwarders
        self._verifier = verifier
        self._limits = limits
        self._settings = settings
        self._bucket = settings.s3_bucket.encode() if STORE in forwarders else b""
        self._origins = frozenset(origin.encode() for origin in settings.allowed_origins.split())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        more = self._allowing(scope) if self._origins else []
        try:
            service = owner_of(scope["raw_path"], bucket=self._bucket)
        except Problem as problem:
            await _refuse(scope, send, problem, more)
            return
        if service is None:
            await self._page(scope, receive, send, more)
        elif scope["method"] == "OPTIONS" and more:
            await answer(send, 204, more)
        else:
            await self._forward(service, scope, receive, send, more)

    async def _page(self, scope: HTTPScope, receive: Receive, send: Send, more: Headers) -> None:
        if scope["path"] not in HEALTH_PATHS and not scope["path"].startswith(_STATIC):
            forwarded = next((value for name, value in scope["headers"] if name == b"x-forwarded-for"), b"")
            try:
                await self._limits.check(client_of(self._address(scope, forwarded)))
            except Problem as problem:
                await _refuse(scope, send, problem, more)
                return
        await self._pages(scope, receive, compressing(scope, send))

    async def _forward(self, service: str, scope: HTTPScope, receive: Receive, send: Send, more: Headers) -> None:
        if is_media(scope["raw_path"]):
            scope, more = with_token(scope), [*more, *ONLY_OURS]
        if service not in UNCOMPRESSED:
            send = compressing(scope, send)
        parent, authorization, forwarded = b"", list[bytes](), b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization.append(value)
            elif name == b"traceparent":
                parent = value
            elif name == b"x-forwarded-for":
                forwarded = value
        address = self._address(scope, forwarded)
        with continued(f"{scope['method']} to {service}", parent.decode("latin-1"), SpanKind.SERVER):
            try:
                client, counted = await self._count(scope, authorization, address, service)
                more += counted
                forwarder = self.forwarders.get(service)
                if forwarder is None:
                    raise Unavailable(f"This installation runs no {service} service")
                await forwarder.forward(scope, receive, send, client=client, more=more)
            except (ClientLeft, Cut):
                return
            except Problem as problem:
                await _refuse(scope, send, problem, more)

    async def _count(
        self, scope: HTTPScope, authorization: list[bytes], address: str, service: str
    ) -> tuple[Client, Headers]:
        """Whose request it is, counted. A token that was not seen before counts for its network until it is verified,
        which costs more than most requests. Raises `RateLimited`, or what is wrong with the token."""
        if len(authorization) > 1:
            raise InvalidInput("Send one Authorization header: two may name different people")
        caller, stranger, counted = None, client_of(address), None
        if authorization:
            token = _bearer(authorization[0])
            caller = self._verifier.known(token) if token else None
            if caller is None:
                counted = await self._limits.check(stranger)
                caller = await self._caller(token, service)
        if caller is None:
            return stranger, counted if counted is not None else await self._limits.check(stranger)
        connection = cast("dict[str, Any]", scope).get(CONNECTION)
        if connection is not None:
            cast("Connection", connection).is_known()
        if counted is not None:
            self._limits.uncount(stranger)
        client = client_of(address, caller)
        return client, await self._limits.check(client)

    async def _caller(self, token: str, service: str) -> Caller | None:
        """Who it is. Auth judges tokens itself: one renews an expired token there."""
        try:
            if not token:
                raise Unauthenticated
            return await self._verifier.caller(token)
        except Problem:
            if service == "auth":
                return None
            raise

    def _address(self, scope: HTTPScope, forwarded: bytes) -> str:
        """The client's address as the first of our own proxies saw it."""
        hops = self._settings.trusted_proxies
        if hops and forwarded:
            seen = [one.strip() for one in forwarded.decode("latin-1").split(",")]
            return seen[-hops] if len(seen) >= hops else seen[0]
        return scope["client"][0] if scope["client"] else ""

    def _allowing(self, scope: HTTPScope) -> Headers:
        """The headers that let a page of an allowed origin use the API."""
        origin = next((value for name, value in scope["headers"] if name == b"origin"), b"")
        if origin not in self._origins:
            return []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", b"authorization, content-type, if-match, idempotency-key"),
            (
                b"access-control-expose-headers",
                b"etag, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after",
            ),
            (b"access-control-max-age", _CORS_SECONDS),
            (b"vary", b"origin"),
        ]


def _bearer(authorization: bytes) -> str:
    scheme, _, token = authorization.partition(b" ")
    return token.decode("latin-1") if scheme.lower() == b"bearer" else ""


async def _refuse(scope: HTTPScope, send: Send, problem: Problem, more: Headers) -> None:
    log.info("request.refused", path=scope["path"], code=problem.code, status=STATUS[problem.kind])
    await answer_problem(send, problem, more)
