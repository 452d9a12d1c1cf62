"""Who may watch what, kept right while sockets are open."""

from typing import Any

import pytest
from aiohttp import web

from contracts.events import Event
from contracts.ids import new_id

from .client import Client, until
from .conftest import Gateway, StartGateway
from .services import Person, Services
from .told import channel_deleted, channel_updated, joined, left, message, updated

SPACE = str(new_id())
CHANNEL = str(new_id())
SPACE_TOPIC, CHANNEL_TOPIC = f"space:{SPACE}", f"channel:{CHANNEL}"


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    """It does not tell who is present: such frames come to watchers of a space when they like."""
    return await start_gateway(presence_people_max=0)


@pytest.fixture
def ada(services: Services) -> Person:
    return services.person()


@pytest.fixture
def bob(services: Services, ada: Person) -> Person:
    bob = services.person()
    services.open(SPACE_TOPIC, ada, bob)
    services.open(CHANNEL_TOPIC, ada, bob, depends_on=SPACE_TOPIC)
    return bob


async def watching(gateway: Gateway, person: Person, *topics: str) -> Client:
    client = await gateway.client(person)
    for topic in topics or (CHANNEL_TOPIC,):
        await client.watch(topic)
    return client


def lost(topic: str) -> dict[str, Any]:
    return {"op": "problem", "code": "topic_lost", "title": "You no longer have access to this topic", "topic": topic}


class TestMemberLeft:
    async def test_the_socket_loses_the_topics_of_the_space_at_once(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        stays = await watching(gateway, ada)
        goes = await watching(gateway, bob, SPACE_TOPIC, CHANNEL_TOPIC)

        await services.relay(
            [*services.write(SPACE_TOPIC, left(SPACE, bob)), *services.write(CHANNEL_TOPIC, message("secret"))]
        )
        frames = [await goes.hear(), await goes.hear()]

        assert sorted(frames, key=str) == sorted([lost(CHANNEL_TOPIC), lost(SPACE_TOPIC)], key=str)
        assert (await stays.hear("event"))["data"]["content"] == "secret"
        await goes.hears_nothing()
        assert len(services.log_calls) == 2, "nobody had to be asked"

    async def test_the_replay_refuses_who_left(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        await watching(gateway, ada)
        goes = await watching(gateway, bob)
        services.audiences[CHANNEL_TOPIC].discard(bob.id)
        await services.tell(SPACE_TOPIC, left(SPACE, bob))
        await goes.hear("problem")

        await goes.say("watch", topics={CHANNEL_TOPIC: 0})

        assert (await goes.hear("problem"))["code"] == "not_found"

    async def test_who_left_while_the_topic_was_being_opened_does_not_slip_in(
        self, gateway: Gateway, services: Services, bob: Person
    ) -> None:
        async def overtake(_: web.Request) -> None:
            """The page has been read with bob in it; now he leaves, and the event is faster than the page."""
            services.before_answer = None
            services.audiences[CHANNEL_TOPIC].discard(bob.id)
            services.write(SPACE_TOPIC, left(SPACE, bob))
            await services.relay(services.logs[SPACE_TOPIC])
            await until(lambda: SPACE_TOPIC in gateway.parts.hub.reader.spaces)

        services.before_answer = overtake
        client = await gateway.client(bob)

        await client.say("watch", topics={CHANNEL_TOPIC: None})

        assert (await client.hear("problem"))["code"] == "not_found"


class TestMemberJoined:
    async def test_who_joined_may_watch_what_was_open_before(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        await watching(gateway, ada)
        eve = services.person()
        client = await gateway.client(eve)
        await client.say("watch", topics={CHANNEL_TOPIC: None})
        before = await client.hear("problem")
        services.audiences[CHANNEL_TOPIC].add(eve.id)
        await services.tell(SPACE_TOPIC, joined(SPACE, eve))
        await until(lambda: gateway.parts.hub.topics[CHANNEL_TOPIC].audience_is_old)

        watched = await client.watch(CHANNEL_TOPIC)

        assert before["code"] == "not_found"
        assert watched["seq"] == 0
        assert len(services.log_calls) == 2


class TestChangedAccess:
    @pytest.mark.parametrize("kind", ["member_updated", "channel_updated"])
    async def test_the_owner_is_asked_who_may_still_watch(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person, kind: str
    ) -> None:
        stays = await watching(gateway, ada)
        goes = await watching(gateway, bob)
        services.audiences[CHANNEL_TOPIC].discard(bob.id)
        event: Event = updated(SPACE, bob) if kind == "member_updated" else channel_updated(SPACE, CHANNEL)

        await services.tell(SPACE_TOPIC, event)
        told = await goes.hear()
        await services.tell(CHANNEL_TOPIC, message())

        assert told == lost(CHANNEL_TOPIC)
        assert (await stays.hear("event"))["seq"] == 1

    async def test_a_deleted_channel_is_lost_by_all(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        clients = [await watching(gateway, ada), await watching(gateway, bob)]

        await services.tell(SPACE_TOPIC, channel_deleted(SPACE, CHANNEL))

        for client in clients:
            assert await client.hear() == lost(CHANNEL_TOPIC)
        assert CHANNEL_TOPIC not in gateway.parts.hub.topics

    async def test_another_channel_is_not_concerned(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        client = await watching(gateway, ada)

        await services.tell(SPACE_TOPIC, channel_deleted(SPACE, str(new_id())), channel_updated(SPACE, str(new_id())))
        await services.tell(CHANNEL_TOPIC, message())

        assert (await client.hear("event"))["seq"] == 1
        assert len(services.log_calls) == 1


class TestWhatIsSaidAfterSomebodyWasShutOut:
    async def test_is_not_heard_by_them_however_early_it_arrives(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        stays, goes = await watching(gateway, ada), await watching(gateway, bob)
        services.audiences[CHANNEL_TOPIC].discard(bob.id)
        change = services.write(SPACE_TOPIC, channel_updated(SPACE, CHANNEL))

        await services.tell(CHANNEL_TOPIC, message("not for bob"))
        heard = await stays.hear("event")
        await services.relay(change)

        assert heard["data"]["content"] == "not for bob"
        assert await goes.hear() == lost(CHANNEL_TOPIC)
        await goes.say("ping", n=1)
        assert (await goes.hear())["op"] == "pong"

    async def test_waits_for_the_owner_no_longer_than_it_may(
        self, start_gateway: StartGateway, services: Services, ada: Person, bob: Person
    ) -> None:
        gateway = await start_gateway(presence_people_max=0, held_seconds_max=0.2)
        client = await watching(gateway, bob)
        services.write(SPACE_TOPIC, channel_updated(SPACE, CHANNEL))
        services.away = True

        await services.tell(CHANNEL_TOPIC, message("held"))

        assert await client.hear() == {"op": "reset", "topic": CHANNEL_TOPIC, "seq": 0}

    async def test_costs_no_question_where_nobody_was_shut_out(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        client = await watching(gateway, ada)
        for _ in range(3):
            await services.relay(
                [
                    *services.write(SPACE_TOPIC, joined(SPACE, services.person())),
                    *services.write(CHANNEL_TOPIC, message()),
                ]
            )

        assert [(await client.hear("event"))["seq"] for _ in range(3)] == [1, 2, 3]
        assert len(services.log_calls) == 1

    async def test_of_an_owner_that_says_no_positions_is_heard_as_before(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        services.says_positions = False
        stays, goes = await watching(gateway, ada), await watching(gateway, bob)
        services.audiences[CHANNEL_TOPIC].discard(bob.id)

        await services.tell(SPACE_TOPIC, channel_updated(SPACE, CHANNEL))
        told = await goes.hear()
        await services.tell(CHANNEL_TOPIC, message())

        assert told == lost(CHANNEL_TOPIC)
        assert (await stays.hear("event"))["seq"] == 1
