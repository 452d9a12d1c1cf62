"""What a newer release says in a shape of its own is passed over, and ends nothing."""

from typing import Any

import msgspec
import pytest

from contracts.events import Envelope
from contracts.ids import new_id
from contracts.times import now
from gateway.realtime.frames import CloseCode
from gateway.realtime.people import CHANNEL

from .client import Client
from .conftest import Gateway, StartGateway
from .services import Person, Services
from .told import message, revoked

SPACE = str(new_id())
SPACE_TOPIC, CHANNEL_TOPIC = f"space:{SPACE}", "channel:1"


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    return await start_gateway(presence_people_max=0)


@pytest.fixture
def ada(services: Services) -> Person:
    ada = services.person()
    services.open(SPACE_TOPIC, ada)
    services.open(CHANNEL_TOPIC, ada, depends_on=SPACE_TOPIC)
    return ada


def strange(topic: str, event_type: str, data: Any) -> Envelope:
    return Envelope(
        id=new_id(), type=event_type, topic=topic, seq=1, at=now(), data=msgspec.Raw(msgspec.json.encode(data))
    )


async def hears_what_follows(services: Services, client: Client) -> None:
    await services.tell(CHANNEL_TOPIC, message())

    assert (await client.hear("event"))["topic"] == CHANNEL_TOPIC


class TestAnUndecodableEvent:
    @pytest.mark.parametrize(
        "event_type",
        ["messaging.member_left.v1", "messaging.channel_deleted.v1", "messaging.channel_updated.v1", "no type at all"],
    )
    async def test_of_a_space_lets_everything_go_on(
        self, gateway: Gateway, services: Services, ada: Person, event_type: str
    ) -> None:
        client = await gateway.client(ada)
        await client.watch(CHANNEL_TOPIC)

        services.logs[SPACE_TOPIC].append(strange(SPACE_TOPIC, event_type, {"of": ["a", "newer", "release"]}))
        await services.relay(services.logs[SPACE_TOPIC])

        await hears_what_follows(services, client)

    async def test_of_a_space_has_its_owner_asked_who_may_still_watch(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        client = await gateway.client(ada)
        await client.watch(CHANNEL_TOPIC)
        services.audiences[CHANNEL_TOPIC].clear()

        services.logs[SPACE_TOPIC].append(strange(SPACE_TOPIC, "messaging.member_left.v1", []))
        await services.relay(services.logs[SPACE_TOPIC])

        assert (await client.hear("problem"))["code"] == "topic_lost"

    async def test_of_auth_lets_the_next_revocation_through(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        client = await gateway.client(ada)

        await services.relay([strange("account:1", "auth.session_revoked.v1", {"session": "?"})], "auth.events")
        await services.tell(f"account:{ada.id}", revoked(ada), stream="auth.events")

        assert await client.closed() == CloseCode.SESSION_ENDED


class TestAnUndecodablePresenceMessage:
    @pytest.mark.parametrize(
        "said", [b"", b"{", b"\xff", b"[" * 5000, b'{"type":"danced"}', b'{"type":"moved","state":"dancing"}']
    )
    async def test_lets_the_next_one_through(
        self, gateway: Gateway, services: Services, ada: Person, said: bytes
    ) -> None:
        writer, reader = await gateway.client(ada), await gateway.client(bob := services.person())
        services.open("channel:2", ada, bob)
        for client in (writer, reader):
            await client.watch("channel:2")

        await services.redis.publish(CHANNEL, said)  # pyright: ignore[reportUnknownMemberType]  untyped in redis
        await writer.say("typing", channel_id="2")

        assert (await reader.hear("typing"))["user_id"] == str(ada.id)
