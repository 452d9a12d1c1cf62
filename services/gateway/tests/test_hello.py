"""Who is there: tokens, sessions, their ends, and how many sockets one person may have."""

import time
from typing import Any

import pytest

from contracts.ids import SessionId, new_id
from gateway.realtime.frames import CloseCode
from testkit.tokens import private_key

from .client import until
from .conftest import Gateway, StartGateway
from .services import Person, Services
from .told import message, revoked

TOKEN_SECONDS = 2.0
"""Long enough to say hello with it on a busy machine."""


class TestHello:
    async def test_is_answered_by_ready(self, gateway: Gateway, services: Services) -> None:
        ada = services.person()
        client = await gateway.connect(protocols=["guildhall.v1"])

        ready = await client.hello(ada)

        assert client.socket.protocol == "guildhall.v1"
        assert ready == {
            "op": "ready", "session": str(ada.session_id), "user_id": str(ada.id), "heartbeat_ms": 25000,
        }  # fmt: skip

    async def test_frames_right_behind_it_wait_for_it(self, gateway: Gateway, services: Services) -> None:
        ada = services.person()
        services.open("channel:1", ada)
        client = await gateway.connect()

        await client.say("hello", token=ada.token)
        await client.say("watch", topics={"channel:1": None})
        await client.say("ping", n=1)

        assert [(await client.hear())["op"] for _ in range(3)] == ["ready", "pong", "watched"]

    async def test_a_socket_that_never_says_it_is_closed(self, start_gateway: StartGateway) -> None:
        gateway = await start_gateway(hello_seconds=0.1)
        client = await gateway.connect()

        began = time.monotonic()

        assert await client.closed() == CloseCode.BAD_TOKEN
        assert time.monotonic() - began < 4, "the setting counts, not the usual 5 s"

    @pytest.mark.parametrize("op", ["watch", "ping", "typing"])
    async def test_nothing_else_may_come_first(self, gateway: Gateway, op: str) -> None:
        said: dict[str, dict[str, Any]] = {"watch": {"topics": {}}, "ping": {"n": 1}, "typing": {"channel_id": "1"}}
        client = await gateway.connect()

        await client.say(op, **said[op])

        assert await client.closed() == CloseCode.BAD_FRAME

    async def test_bad_tokens_are_refused(self, gateway: Gateway, services: Services) -> None:
        ada = services.person()
        header, claims, _ = ada.token.split(".")
        for token in (
            services.person(seconds=-60).token,
            services.person(key=private_key()).token,
            services.person(aud="messaging").token,
            services.person(iss="elsewhere").token,
            services.person(sub="service:messaging").token,
            f"{header}.{claims}.",
            f"eyJhbGciOiJub25lIn0.{claims}.",
            "nonsense",
            "",
        ):
            client = await gateway.connect()
            await client.say("hello", token=token)

            assert await client.closed() == CloseCode.BAD_TOKEN, token

    async def test_the_socket_ends_with_the_token(self, gateway: Gateway, services: Services) -> None:
        client = await gateway.client(services.person(seconds=TOKEN_SECONDS))

        assert await client.closed() == CloseCode.BAD_TOKEN

    async def test_a_fresh_token_keeps_the_socket(self, gateway: Gateway, services: Services) -> None:
        ada = services.person(seconds=TOKEN_SECONDS)
        services.open("channel:1", ada)
        client = await gateway.client(ada)
        await client.watch("channel:1")

        await client.say("hello", token=services.token(ada.id, ada.session_id))
        await client.hear("ready")
        await client.hears_nothing(seconds=TOKEN_SECONDS + 0.1)
        await services.tell("channel:1", message())

        assert (await client.hear("event"))["seq"] == 1

    async def test_somebody_elses_token_does_not(self, gateway: Gateway, services: Services) -> None:
        client = await gateway.client(services.person())

        await client.say("hello", token=services.person().token)

        assert await client.closed() == CloseCode.BAD_TOKEN


class TestRevokedSession:
    async def test_closes_its_sockets_and_only_those(self, gateway: Gateway, services: Services) -> None:
        ada, bob = services.person(), services.person()
        ended, other = await gateway.client(ada), await gateway.client(bob)

        await services.tell(f"account:{ada.id}", revoked(ada), stream="auth.events")

        assert await ended.closed() == CloseCode.SESSION_ENDED
        await other.say("ping", n=1)
        assert (await other.hear())["op"] == "pong"

    async def test_its_token_opens_nothing_any_more(self, start_gateway: StartGateway, services: Services) -> None:
        ada = services.person()
        await services.tell(f"account:{ada.id}", revoked(ada), stream="auth.events")
        gateway = await start_gateway()
        await gateway.parts.hub.reader.listening.wait()

        client = await gateway.connect()
        await client.say("hello", token=ada.token)

        assert await client.closed() in {CloseCode.BAD_TOKEN, CloseCode.SESSION_ENDED}


class TestSecondHello:
    async def test_of_another_session_of_hers_hangs_the_socket_on_that_one_alone(
        self, gateway: Gateway, services: Services
    ) -> None:
        ada = services.person()
        later = Person(ada.id, SessionId(new_id()), "")
        bob = services.person()
        client, other = await gateway.client(ada), await gateway.client(bob)
        await client.say("hello", token=services.token(later.id, later.session_id))
        await client.hear("ready")

        await services.tell(f"account:{ada.id}", revoked(ada), stream="auth.events")
        await services.tell(f"account:{bob.id}", revoked(bob), stream="auth.events")
        await other.closed()
        await client.say("ping", n=1)
        pong = await client.hear()
        await services.tell(f"account:{ada.id}", revoked(later), stream="auth.events")

        assert pong["op"] == "pong", "the session that was left is over: no matter of this socket's"
        assert await client.closed() == CloseCode.SESSION_ENDED

    async def test_leaves_nothing_behind_of_the_sessions_before(self, gateway: Gateway, services: Services) -> None:
        ada = services.person()
        client = await gateway.client(ada)
        for _ in range(5):
            await client.say("hello", token=services.token(ada.id, SessionId(new_id())))
            await client.hear("ready")

        assert len(gateway.parts.hub.by_session) == 1
        await client.socket.close()
        await until(lambda: not gateway.parts.hub.by_session)


class TestTooManySockets:
    async def test_of_one_person_are_refused(self, start_gateway: StartGateway, services: Services) -> None:
        gateway = await start_gateway(sockets_per_user_max=2)
        ada = services.person()
        first, _ = await gateway.client(ada), await gateway.client(ada)
        third = await gateway.connect()

        await third.say("hello", token=ada.token)
        refused = await third.closed()
        await first.socket.close()
        again = await gateway.client(ada)
        await again.say("ping", n=1)

        assert refused == CloseCode.TOO_MANY
        assert (await again.hear())["op"] == "pong"


class TestDrain:
    async def test_sends_everybody_elsewhere_and_lets_nobody_in(self, gateway: Gateway, services: Services) -> None:
        clients = [await gateway.client(services.person()) for _ in range(5)]

        await gateway.parts.hub.drain()
        codes = [await client.closed() for client in clients]
        async with gateway.http.get(
            gateway.url + "/api/v1/realtime",
            headers={"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                     "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="},
        ) as refused:  # fmt: skip
            assert refused.status == 503

        assert codes == [CloseCode.RESTART] * 5
