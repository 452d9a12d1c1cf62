"""Typing and presence, over several devices and several gateways."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import new_id
from gateway.realtime.presence import STRENGTH, Space, State

from .client import SECONDS_MAX, Client
from .conftest import Gateway, StartGateway
from .services import Person, Services

SPACE = str(new_id())
STATES: st.SearchStrategy[State] = st.sampled_from(list(STRENGTH))
TOPIC = f"space:{SPACE}"


@pytest.fixture
def ada(services: Services) -> Person:
    return services.person()


@pytest.fixture
def bob(services: Services, ada: Person) -> Person:
    bob = services.person()
    services.open(TOPIC, ada, bob)
    services.open("channel:1", ada, bob)
    return bob


async def here(gateway: Gateway, person: Person) -> Client:
    client = await gateway.client(person)
    await client.watch(TOPIC)
    return client


async def sees(client: Client, person: Person, state: State) -> None:
    """Wait until the client has been told this of the person."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            told = await client.hear()
            assert told["space_id"] == SPACE
            entries = told["people"] if told["op"] == "presence_list" else [told]
            if (str(person.id), state) in [(one["user_id"], one["state"]) for one in entries]:
                return


class TestTyping:
    async def test_is_told_to_the_others_on_every_gateway(
        self, start_gateway: StartGateway, ada: Person, bob: Person
    ) -> None:
        near, far = await start_gateway(), await start_gateway()
        writer, own_other = await near.client(ada), await far.client(ada)
        reader = await far.client(bob)
        for client in (writer, own_other, reader):
            await client.watch("channel:1")

        await writer.say("typing", channel_id="1")
        told = await reader.hear("typing")

        seconds = (datetime.fromisoformat(told["until"]) - datetime.now(UTC)).total_seconds()
        assert (told["channel_id"], told["user_id"]) == ("1", str(ada.id))
        assert 0 < seconds <= 8
        await own_other.hears_nothing()

    async def test_needs_the_channel_to_be_watched(self, gateway: Gateway, ada: Person) -> None:
        client = await gateway.client(ada)

        await client.say("typing", channel_id="1")

        assert (await client.hear("problem"))["code"] == "not_watching"

    async def test_is_not_told_of_who_may_not_post(
        self, gateway: Gateway, services: Services, ada: Person, bob: Person
    ) -> None:
        services.readers.add(ada.id)
        reader, other = await gateway.client(ada), await gateway.client(bob)
        for client in (reader, other):
            await client.watch("channel:1")

        await reader.say("typing", channel_id="1")
        refused = await reader.hear("problem")
        await other.say("typing", channel_id="1")

        assert (refused["code"], refused["topic"]) == ("forbidden", "channel:1")
        assert (await reader.hear("typing"))["user_id"] == str(bob.id)
        await other.say("ping", n=1)
        assert (await other.hear())["op"] == "pong"

    async def test_said_again_at_once_is_passed_over(
        self, start_gateway: StartGateway, ada: Person, bob: Person
    ) -> None:
        gateway = await start_gateway(typing_pause_seconds=60.0)
        writer, reader = await gateway.client(ada), await gateway.client(bob)
        await writer.watch("channel:1")
        await reader.watch("channel:1")

        for _ in range(10):
            await writer.say("typing", channel_id="1")

        await reader.hear("typing")
        await reader.hears_nothing()


class TestPresence:
    async def test_is_told_across_gateways_and_to_who_comes_later(
        self, start_gateway: StartGateway, ada: Person, bob: Person
    ) -> None:
        near, far = await start_gateway(), await start_gateway()

        first = await here(near, ada)
        second = await here(far, bob)

        await sees(first, bob, "active")
        await sees(second, ada, "active")
        await second.say("presence", state="idle")
        await sees(first, bob, "idle")

    async def test_somebody_is_as_present_as_on_their_most_active_device(
        self, start_gateway: StartGateway, ada: Person, bob: Person
    ) -> None:
        near, far = await start_gateway(presence_linger_seconds=0.01), await start_gateway(presence_linger_seconds=0.01)
        watcher = await here(near, ada)
        phone, desk = await here(near, bob), await here(far, bob)
        await sees(watcher, bob, "active")

        await phone.say("presence", state="idle")
        await desk.say("presence", state="idle")
        await sees(watcher, bob, "idle")
        await desk.socket.close()
        await watcher.hears_nothing()
        await phone.socket.close()

        await sees(watcher, bob, "offline")

    async def test_who_comes_back_soon_was_never_away(
        self, start_gateway: StartGateway, ada: Person, bob: Person
    ) -> None:
        gateway = await start_gateway(presence_linger_seconds=3.0)
        watcher = await here(gateway, ada)
        await sees(watcher, ada, "active")
        goes = await here(gateway, bob)
        await sees(watcher, bob, "active")

        await goes.socket.close()
        again = await here(gateway, bob)

        await watcher.hears_nothing(seconds=3.2)
        assert not again.socket.closed

    async def test_a_gateway_without_power_is_forgotten_and_its_people_with_it(
        self, start_gateway: StartGateway, ada: Person, bob: Person
    ) -> None:
        near = await start_gateway(beat_seconds=0.1, lease_seconds=0.5)
        dies = await start_gateway(beat_seconds=60.0, lease_seconds=0.5)  # it will not renew its lease
        watcher = await here(near, ada)
        stays_connected = await here(dies, bob)

        await sees(watcher, bob, "active")
        await sees(watcher, bob, "offline")
        assert not stays_connected.socket.closed

    async def test_a_wiped_redis_is_told_again(
        self, start_gateway: StartGateway, services: Services, ada: Person, bob: Person
    ) -> None:
        near = await start_gateway(beat_seconds=0.1)
        watcher = await here(near, ada)
        await sees(watcher, ada, "active")

        await services.redis.flushdb()  # pyright: ignore[reportUnknownMemberType]  untyped in redis
        await until_present(services)
        far = await start_gateway()
        late = await here(far, bob)

        await sees(late, ada, "active")

    async def test_crowds_are_not_told(self, start_gateway: StartGateway, ada: Person, bob: Person) -> None:
        gateway = await start_gateway(presence_people_max=0)
        first, second = await here(gateway, ada), await here(gateway, bob)

        await first.hears_nothing()
        await second.hears_nothing()


class TestPresenceList:
    async def test_is_one_frame_for_who_comes_later(
        self, start_gateway: StartGateway, ada: Person, bob: Person
    ) -> None:
        gateway = await start_gateway()
        first = await here(gateway, ada)
        await sees(first, ada, "active")

        second = await here(gateway, bob)

        told = await second.hear("presence_list")
        assert (told["space_id"], told["told"]) == (SPACE, True)
        assert {"user_id": str(ada.id), "state": "active"} in told["people"]

    async def test_says_when_it_stops_and_when_it_goes_on(
        self, start_gateway: StartGateway, ada: Person, bob: Person
    ) -> None:
        gateway = await start_gateway(presence_people_max=1, presence_linger_seconds=0.01)
        first = await here(gateway, ada)
        await sees(first, ada, "active")

        second = await here(gateway, bob)

        stopped = await first.hear("presence_list")
        assert (stopped["told"], stopped["people"]) == (False, [])
        await second.socket.close()
        again = await first.hear("presence_list")
        assert (again["told"], again["people"]) == (True, [{"user_id": str(ada.id), "state": "active"}])


async def until_present(services: Services) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not await services.redis.exists(f"gateway.present:{SPACE}"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class TestSpace:
    @given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), STATES)))
    def test_a_person_is_the_strongest_of_what_the_gateways_said_last(self, said: list[tuple[str, str, State]]) -> None:
        space = Space()
        for user_id, gateway, state in said:
            before = space.state_of(user_id)
            differs = space.say(user_id, gateway, state)
            assert differs == (space.state_of(user_id) != before)

        for user_id in "ab":
            last: dict[str, State] = {gateway: state for who, gateway, state in said if who == user_id}
            assert STRENGTH[space.state_of(user_id)] == max((STRENGTH[one] for one in last.values()), default=0)
