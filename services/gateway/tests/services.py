"""Stand-ins for auth, messaging and media: real HTTP, real tokens, a log of their own, told through the real stream."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web
from jose import jwk, jwt
from redis.asyncio import Redis

from contracts import instance, posts
from contracts.events import Envelope, Event, LogPage
from contracts.ids import SessionId, UserId, new_id
from contracts.times import now
from streams import bus
from testkit.tokens import private_key

from .post_server_standin import PostServerStandIn


class Person(msgspec.Struct, frozen=True):
    """Somebody with a session and a token."""

    id: UserId
    session_id: SessionId
    token: str


class Services:
    """All three services in one small server, with a log in memory."""

    def __init__(self, redis: Redis) -> None:
        self.key = private_key()
        self.redis = redis
        self.logs: dict[str, list[Envelope]] = {}
        self.audiences: dict[str, set[UserId]] = {}
        self.readers: set[UserId] = set()
        """They may post nowhere."""
        self.depends_on: dict[str, str] = {}
        self.log_calls: list[dict[str, str]] = []
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.post_server = PostServerStandIn()
        self.away = False
        self.says_positions = True
        """As messaging does; media does not."""
        self.before_answer: Any = None
        self.port = 0

    # people

    def person(self, *, seconds: float = 600, key: str | None = None, **claims: Any) -> Person:
        user_id, session_id = UserId(new_id()), SessionId(new_id())
        return Person(user_id, session_id, self.token(user_id, session_id, seconds=seconds, key=key, **claims))

    def token(
        self, user_id: UserId, session_id: SessionId, *, seconds: float = 600, key: str | None = None, **claims: Any
    ) -> str:
        moment = time.time()
        said: dict[str, Any] = {
            "iss": "guildhall", "aud": "guildhall", "sub": str(user_id), "sid": str(session_id), "name": "Ada",
            "iat": int(moment), "exp": moment + seconds,
        }  # fmt: skip
        return jwt.encode(said | claims, key or self.key, algorithm="ES256", headers={"kid": "k1"})

    # topics

    def open(self, topic: str, *people: Person, depends_on: str | None = None) -> None:
        self.logs.setdefault(topic, [])
        self.audiences.setdefault(topic, set()).update(person.id for person in people)
        if depends_on is not None:
            self.depends_on[topic] = depends_on

    def write(self, topic: str, *events: Event, trace: str = "") -> list[Envelope]:
        """Into the log only: as if Redis had lost it, or not got it yet."""
        log = self.logs.setdefault(topic, [])
        space = self.logs.get(self.depends_on.get(topic, ""))
        audience_seq = None if space is None or not self.says_positions else len(space)
        told: list[Envelope] = []
        for event in events:
            data = msgspec.Raw(msgspec.json.encode(event))
            told.append(
                Envelope(
                    id=new_id(),
                    type=event.TYPE,
                    topic=topic,
                    seq=len(log) + 1,
                    at=now(),
                    data=data,
                    trace=trace,
                    audience_seq=audience_seq,
                )
            )
            log.append(told[-1])
        return told

    async def relay(self, envelopes: Sequence[Envelope], stream: str = "messaging.events") -> None:
        pipeline = self.redis.pipeline(transaction=False)
        for envelope in envelopes:
            pipeline.xadd(stream, {bus.FIELD: bus.encode(envelope)})
        await pipeline.execute()

    async def tell(self, topic: str, *events: Event, stream: str = "messaging.events", trace: str = "") -> None:
        await self.relay(self.write(topic, *events, trace=trace), stream)

    # HTTP

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64_000_000)
        app.router.add_get("/.well-known/jwks.json", self._jwks)
        app.router.add_post("/api/v1/auth/service-tokens", self._service_token)
        app.router.add_get("/internal/log", self._log)
        app.router.add_get(instance.PATH, self._instance)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/openapi/openapi.json", self._openapi)
        app.router.add_post(posts.PATH, self._issue_token)
        app.router.add_route("*", "/{rest:.*}", self._anything)
        return app

    async def _jwks(self, _: web.Request) -> web.Response:
        public = jwk.construct(self.key, "ES256").public_key().to_dict()
        return web.json_response({"keys": [public | {"kid": "k1", "use": "sig"}]})

    async def _service_token(self, _: web.Request) -> web.Response:
        return web.json_response({"access_token": "of-the-gateway", "expires_in": 300})

    async def _ready(self, _: web.Request) -> web.Response:
        return web.Response(status=503 if self.away else 200)

    async def _log(self, request: web.Request) -> web.Response:
        self.log_calls.append(dict(request.query))
        assert request.headers["authorization"] == "Bearer of-the-gateway"
        if self.away:
            return web.Response(status=503)
        topic, after = request.query["topic"], request.query.get("after")
        if topic not in self.logs:
            return web.Response(status=404)
        page = self._page(topic, None if after is None else int(after), int(request.query["limit"]))
        if request.query["audience"] == "true":
            audience = frozenset(self.audiences.get(topic, ()))
            depends_on = self.depends_on.get(topic)
            decided = len(self.logs[depends_on]) if depends_on in self.logs and self.says_positions else None
            page = msgspec.structs.replace(
                page, audience=audience, readers=frozenset(self.readers), depends_on=depends_on, audience_seq=decided
            )
        if self.before_answer is not None:
            await self.before_answer(request)
        return web.Response(body=msgspec.json.encode(page), content_type="application/json")

    def _page(self, topic: str, after: int | None, limit: int) -> LogPage:
        log = self.logs[topic]
        if after is None or after == len(log):
            return LogPage(topic=topic, seq=len(log))
        if after > len(log) or len(log) - after > limit:
            return LogPage(topic=topic, seq=len(log), reset=True)
        return LogPage(topic=topic, seq=len(log), events=tuple(log[after:]))

    async def _instance(self, request: web.Request) -> web.Response:
        """What all three would say, in one."""
        assert request.headers["authorization"] == "Bearer of-the-gateway"
        if self.away:
            return web.Response(status=503)
        said = msgspec.structs.asdict(ACCOUNTS) | msgspec.structs.asdict(CHAT) | msgspec.structs.asdict(MEDIA)
        return web.Response(body=msgspec.json.encode(said), content_type="application/json")

    async def _openapi(self, request: web.Request) -> web.Response:
        return web.json_response(OPENAPI)

    async def _issue_token(self, request: web.Request) -> web.Response:
        """For a connection to the post server, where a test has started it."""
        assert request.headers["authorization"] == "Bearer of-the-gateway"
        if not self.post_server.port:
            return web.Response(status=404)
        return web.Response(body=msgspec.json.encode(self.post_server.issue_token()), content_type="application/json")

    async def _anything(self, request: web.Request) -> web.StreamResponse:
        """Says what it was asked, in the way the path wishes."""
        self.requests.append(request)
        if request.path.endswith("/silence"):
            transport = request.transport
            assert transport is not None
            transport.abort()
        if request.path.endswith("/stream"):
            return await self._stream(request)
        body = await request.read()
        self.bodies.append(body)
        told = {
            "method": request.method,
            "path": request.raw_path,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "size": len(body),
            "filling": "x" * int(request.query.get("filling", 0)),
        }
        headers = {} if "untagged" in request.query else {"etag": '"1"'}
        headers |= {"keep-alive": "timeout=5", "server": "hidden"}
        return web.json_response(told, status=int(request.query.get("status", 200)), headers=headers)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(int(request.query["chunks"])):
            await response.write(b"x" * 65536)
        if "cut" in request.query:
            assert request.transport is not None
            request.transport.abort()
        return response


ACCOUNTS = instance.AccountsInfo(
    registration="open",
    email_verification=True,
    discord_login=True,
    passkey_domain="home.example",
    languages=("en", "de"),
    password_length_min=8,
    password_length_max=256,
)
CHAT = instance.ChatInfo(
    message_chars_max=4000,
    attachments_per_message_max=10,
    name_chars_max=100,
    topic_chars_max=1000,
    query_chars_max=400,
    page_items_max=100,
)
MEDIA = instance.MediaInfo(upload_bytes_max=1_000_000, filename_chars_max=200)
OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Guildhall stand-in", "version": "1"},
    "paths": {
        "/api/v1/spaces": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {
            "$ref": "#/components/schemas/Space"}}}}}}},
        "/internal/log": {"get": {"responses": {}}},
    },
    "components": {"schemas": {"Space": {"type": "object"}}},
}  # fmt: skip
