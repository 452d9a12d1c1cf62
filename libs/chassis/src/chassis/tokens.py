"""Access tokens: ES256 JWTs checked against auth's published keys, remembered by hash until they expire."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

import msgspec
import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from chassis import jwt
from contracts.auth import SessionRevoked
from contracts.decoding import UNDECODABLE
from contracts.events import Envelope
from contracts.ids import SessionId, UserId
from contracts.problems import SessionEnded, TokenExpired, Unauthenticated
from contracts.tokens import (
    ISSUER,
    REVOKED_SECONDS,
    SERVICE_PREFIX,
    USERS_AUDIENCE,
    Jwk,
)

log = structlog.get_logger()


FetchKeys = Callable[[], Awaitable[list[Jwk]]]


class Caller(msgspec.Struct, frozen=True):
    """Who asks: a person, in one of their sessions."""

    user_id: UserId
    session_id: SessionId
    name: str
    expires_at: float
    """Unix seconds; no use of the token after this."""


class _Ended(msgspec.Struct, frozen=True):
    """All that has to be known of a revocation."""

    session_id: SessionId


class RevokedSessions:
    """Session ids that ended early, held for as long as a token of theirs could still look valid."""

    def __init__(self, *, kept_seconds: float = REVOKED_SECONDS) -> None:
        self._kept_seconds = kept_seconds
        self._until: dict[SessionId, float] = {}

    def add(self, session_id: SessionId) -> None:
        """From now on no token of this session is valid here."""
        now = time.time()
        self._until = {kept: until for kept, until in self._until.items() if until > now}
        self._until[session_id] = now + self._kept_seconds

    def apply(self, envelopes: Iterable[Envelope]) -> list[SessionId]:
        """Take note of the sessions that auth's events say have ended; returns them. An event that cannot be decoded,
        as a newer release may send, is logged and passed over.
        """
        ended: list[SessionId] = []
        for envelope in envelopes:
            if envelope.type == SessionRevoked.TYPE:
                try:
                    ended.append(msgspec.json.decode(envelope.data, type=_Ended).session_id)
                except UNDECODABLE as error:
                    log.exception("session_revoked.undecodable", event_id=str(envelope.id), error=str(error)[:200])
        for session_id in ended:
            self.add(session_id)
        return ended

    def __contains__(self, session_id: SessionId) -> bool:
        return session_id in self._until


class KeySet:
    """Auth's public keys by id. An unknown id asks auth again, at most once in `refetch_seconds_min`."""

    def __init__(self, fetch: FetchKeys, *, refetch_seconds_min: float = 2.0, kept_seconds: float = 300.0) -> None:
        self._fetch = fetch
        self._refetch_seconds_min = refetch_seconds_min
        self._kept_seconds = kept_seconds
        self._keys: dict[str, Jwk] = {}
        self._fetched_at = -1e9
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str) -> Jwk:
        """Raises `Unauthenticated` for a key that auth does not know, or what `fetch` raises while none is known."""
        age = time.monotonic() - self._fetched_at
        if (key_id not in self._keys and age > self._refetch_seconds_min) or age > self._kept_seconds:
            await self._refresh(asked_at=time.monotonic())
        if key_id not in self._keys:
            raise Unauthenticated("The token is signed by an unknown key")
        return self._keys[key_id]

    async def _refresh(self, *, asked_at: float) -> None:
        async with self._fetching:
            if self._fetched_at >= asked_at:
                return
            try:
                self._keys = {key["kid"]: key for key in await self._fetch()}
            except Exception as error:
                if not self._keys:
                    raise
                log.warning("keys.kept", error=repr(error))
            self._fetched_at = time.monotonic()


class Verifier:
    """Turns a bearer token into the person or the service behind it, or says what is wrong with it."""

    def __init__(self, keys: KeySet, *, service: str, revoked: RevokedSessions, remembered_max: int = 50_000) -> None:
        self._keys = keys
        self._service = service
        self._revoked = revoked
        self._remembered_max = remembered_max
        self._remembered: dict[bytes, Caller] = {}

    async def caller(self, token: str) -> Caller:
        """The person. Raises `TokenExpired`, `SessionEnded` or `Unauthenticated`."""
        fingerprint = _fingerprint(token)
        known = self._remembered.get(fingerprint)
        if known is None:
            known = _caller_of(await self._claims(token, audience=USERS_AUDIENCE))
            if len(self._remembered) >= self._remembered_max:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[fingerprint] = known
        if known.expires_at <= time.time():
            self._remembered.pop(fingerprint, None)
            raise TokenExpired
        if known.session_id in self._revoked:
            raise SessionEnded
        return known

    def known(self, token: str) -> Caller | None:
        """The person, without waiting: when the token was verified before and still holds."""
        known = self._remembered.get(_fingerprint(token))
        if known is None or known.expires_at <= time.time() or known.session_id in self._revoked:
            return None
        return known

    async def calling_service(self, token: str) -> str:
        """The name of the service that calls; its token must be meant for this service."""
        subject = str((await self._claims(token, audience=self._service)).get("sub", ""))
        if not subject.startswith(SERVICE_PREFIX):
            raise Unauthenticated("Only services may ask this")
        return subject.removeprefix(SERVICE_PREFIX)

    async def _claims(self, token: str, *, audience: str) -> dict[str, Any]:
        try:
            key = await self._keys.key(jwt.header_of(token).kid)
            return jwt.decode(token, key, audience=audience, issuer=ISSUER)
        except jwt.TokenTooOld:
            raise TokenExpired from None
        except jwt.TokenRefused:
            raise Unauthenticated("The token is not valid here") from None


def _fingerprint(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _caller_of(claims: dict[str, Any]) -> Caller:
    try:
        return Caller(
            UserId(UUID(claims["sub"])), SessionId(UUID(claims["sid"])), str(claims["name"]), float(claims["exp"])
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Unauthenticated("The token does not name a person and a session") from None


def bearer_of(header: str | None) -> str:
    """The token in an `Authorization` header. Raises `Unauthenticated` when there is none."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token


Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


def gate(verifier: Verifier) -> Guard:
    """The guard that finds out who asks, for handlers that want a `caller`, before anything else is opened; or a
    `visitor`, who need not say who they are.

    A guard and not a dependency that refuses: when one dependency raises, Litestar 2 leaves the transaction that was
    opened beside it, and with it a connection, to the garbage collector.
    """

    async def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        wanted = handler.parsed_fn_signature.parameters
        if "caller" in wanted or ("visitor" in wanted and "authorization" in connection.headers):
            token = bearer_of(connection.headers.get("authorization"))
            connection.state.caller = await verifier.caller(token)

    return let_in


def services_only(verifier: Verifier) -> Guard:
    """The guard of what none but the other services may ask."""

    async def let_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        await verifier.calling_service(bearer_of(connection.headers.get("authorization")))

    return let_in


def caller(request: Request[Any, Any, Any]) -> Caller:
    """The dependency that gives a handler its `caller`: whom the gate let in."""
    return request.state.caller


def visitor(request: Request[Any, Any, Any]) -> Caller | None:
    """The dependency that gives a handler its `visitor`: None without a token."""
    return request.state.get("caller")
