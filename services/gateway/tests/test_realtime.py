"""Watching topics: what was missed, what is new, and nothing skipped or repeated whatever happens in between."""

import asyncio

import pytest
from aiohttp import web

from gateway.realtime.topic import Topic

from .client import Client, until
from .conftest import Gateway, StartGateway
from .services import Person, Services
from .told import message, messages


async def seqs(client: Client, count: int) -> list[int]:
    return [(await client.hear("event"))["seq"] for _ in range(count)]


@pytest.fixture
def ada(services: Services) -> Person:
    ada = services.person()
    services.open("channel:1", ada)
    return ada


class TestWatch:
    async def test_gives_missed_events_then_watched_then_what_is_new(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        services.write("channel:1", *messages(3))
        client = await gateway.client(ada)

        await client.say("watch", topics={"channel:1": 1})
        frames = [await client.hear() for _ in range(3)]
        await services.tell("channel:1", message("four"))
        frames.append(await client.hear("event"))

        assert [(frame["op"], frame["seq"]) for frame in frames] == [
            ("event", 2), ("event", 3), ("watched", 3), ("event", 4),
        ]  # fmt: skip
        assert frames[-1]["type"] == "message_posted"
        assert frames[-1]["at"].endswith("Z")
        assert frames[-1]["data"]["content"] == "four"

    async def test_null_begins_now(self, gateway: Gateway, services: Services, ada: Person) -> None:
        services.write("channel:1", *messages(3))
        client = await gateway.client(ada)

        watched = await client.watch("channel:1")

        assert watched == {"op": "watched", "topic": "channel:1", "seq": 3}

    async def test_an_open_topic_answers_from_memory(self, gateway: Gateway, services: Services, ada: Person) -> None:
        first = await gateway.client(ada)
        await first.watch("channel:1")
        await services.tell("channel:1", *messages(5))
        await seqs(first, 5)
        second = await gateway.client(ada)

        await second.say("watch", topics={"channel:1": 2})

        assert await seqs(second, 3) == [3, 4, 5]
        assert (await second.hear("watched"))["seq"] == 5
        assert len(services.log_calls) == 1

    async def test_too_far_behind_is_reset_never_a_part(
        self, start_gateway: StartGateway, services: Services, ada: Person
    ) -> None:
        gateway = await start_gateway(ring_events_max=10)
        services.write("channel:1", *messages(30))
        client = await gateway.client(ada)

        await client.say("watch", topics={"channel:1": 19})
        too_far = await client.hear()
        await client.say("watch", topics={"channel:1": 20})
        enough = await seqs(client, 10)

        assert too_far == {"op": "reset", "topic": "channel:1", "seq": 30}
        assert enough == list(range(21, 31))

    async def test_one_who_is_too_far_behind_spoils_it_for_nobody(
        self, start_gateway: StartGateway, services: Services, ada: Person
    ) -> None:
        gateway = await start_gateway(ring_events_max=10)
        services.write("channel:1", *messages(30))
        clients = [await gateway.client(ada) for _ in range(3)]

        for client, after in zip(clients, (0, 25, 28), strict=True):
            await client.say("watch", topics={"channel:1": after})

        assert (await clients[0].hear())["op"] == "reset"
        assert await seqs(clients[1], 5) == [26, 27, 28, 29, 30]
        assert await seqs(clients[2], 2) == [29, 30]

    async def test_a_position_of_another_history_is_reset(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        services.write("channel:1", *messages(3))
        client = await gateway.client(ada)

        await client.say("watch", topics={"channel:1": 99})

        assert await client.hear() == {"op": "reset", "topic": "channel:1", "seq": 3}

    async def test_a_client_that_is_ahead_of_this_gateway_is_waited_for(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        first = await gateway.client(ada)
        await first.watch("channel:1")
        late = services.write("channel:1", *messages(2))
        second = await gateway.client(ada)

        watched = await second.watch("channel:1", after=2)
        await services.relay(late)
        await services.tell("channel:1", message())

        assert watched["seq"] == 2
        assert await seqs(second, 1) == [3]
        assert await seqs(first, 3) == [1, 2, 3]

    async def test_several_topics_are_granted_in_order_and_events_come_in_one_write(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        services.open("channel:2", ada)
        client = await gateway.client(ada)

        await client.say("watch", topics={"channel:2": None, "channel:1": None})
        granted = [(await client.hear("watched"))["topic"] for _ in range(2)]
        await services.relay([*services.write("channel:1", *messages(2)), *services.write("channel:2", *messages(2))])
        told = [await client.hear("event") for _ in range(4)]

        assert granted == ["channel:2", "channel:1"]
        assert [(event["topic"], event["seq"]) for event in told] == [
            ("channel:1", 1), ("channel:1", 2), ("channel:2", 1), ("channel:2", 2),
        ]  # fmt: skip

    async def test_unwatch_ends_it(self, gateway: Gateway, services: Services, ada: Person) -> None:
        client = await gateway.client(ada)
        await client.watch("channel:1")

        await client.say("unwatch", topics=["channel:1", "channel:never"])
        await client.say("ping", n=7)
        pong = await client.hear()
        await services.tell("channel:1", message())

        assert pong == {"op": "pong", "n": 7}
        await client.hears_nothing()

    async def test_an_unwatch_right_behind_its_watch_wins(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        client = await gateway.client(ada)

        await client.say("watch", topics={"channel:1": None})
        await client.say("unwatch", topics=["channel:1"])
        await client.hear("watched")
        await services.tell("channel:1", message())

        await client.hears_nothing()

    @pytest.mark.parametrize("topic", ["channel:nowhere", "nonsense", "nonsense:1", "channel:", "channel:" + "x" * 65])
    async def test_what_does_not_exist_is_not_found(self, gateway: Gateway, services: Services, topic: str) -> None:
        client = await gateway.client(services.person())

        await client.say("watch", topics={topic: None})
        told = await client.hear("problem")

        assert (told["code"], told["topic"]) == ("not_found", topic)

    async def test_what_is_not_for_me_does_not_exist_for_me(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        stranger = await gateway.client(services.person())

        for after in (None, 0):
            await stranger.say("watch", topics={"channel:1": after})
            assert (await stranger.hear("problem"))["code"] == "not_found"
        await services.tell("channel:1", message())

        await stranger.hears_nothing()


class TestGaps:
    async def test_repeats_are_dropped(self, gateway: Gateway, services: Services, ada: Person) -> None:
        client = await gateway.client(ada)
        await client.watch("channel:1")
        told = services.write("channel:1", *messages(3))

        await services.relay([*told, *told[1:], *told])
        await services.tell("channel:1", message())

        assert await seqs(client, 4) == [1, 2, 3, 4]

    async def test_what_the_stream_lost_is_read_from_the_log(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        client = await gateway.client(ada)
        await client.watch("channel:1")
        services.write("channel:1", *messages(4))

        await services.tell("channel:1", message("five"))

        assert await seqs(client, 5) == [1, 2, 3, 4, 5]

    async def test_a_gap_that_cannot_be_filled_resets_everybody(
        self, start_gateway: StartGateway, services: Services, ada: Person
    ) -> None:
        gateway = await start_gateway(ring_events_max=5)
        client = await gateway.client(ada)
        await client.watch("channel:1")
        services.write("channel:1", *messages(20))

        await services.tell("channel:1", message())

        assert await client.hear() == {"op": "reset", "topic": "channel:1", "seq": 21}

    async def test_a_gap_is_filled_when_the_owner_is_back(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        client = await gateway.client(ada)
        await client.watch("channel:1")
        services.write("channel:1", *messages(2))
        services.away = True

        await services.tell("channel:1", message())
        await client.hears_nothing()
        services.away = False

        assert await seqs(client, 3) == [1, 2, 3]

    async def test_an_owner_that_is_away_is_a_problem_of_the_topic_not_of_the_socket(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        client = await gateway.client(ada)
        services.away = True

        await client.say("watch", topics={"channel:1": None})
        refused = await client.hear("problem")
        services.away = False
        watched = await client.watch("channel:1")

        assert (refused["code"], refused["topic"]) == ("unavailable", "channel:1")
        assert watched["seq"] == 0

    @pytest.mark.parametrize("after", [None, 0, 3])
    async def test_events_that_arrive_while_the_log_is_read_come_once(
        self, gateway: Gateway, services: Services, ada: Person, after: int | None
    ) -> None:
        services.write("channel:1", *messages(3))
        relayed = asyncio.Event()

        async def meanwhile(_: web.Request) -> None:
            if not relayed.is_set():
                relayed.set()
                await services.tell("channel:1", *messages(2))
                await until(lambda: gateway.parts.hub.topics["channel:1"].seen == 5)

        services.before_answer = meanwhile
        client = await gateway.client(ada)

        await client.say("watch", topics={"channel:1": after})
        frames = [await client.hear() for _ in range({None: 1, 0: 6, 3: 3}[after])]
        await services.tell("channel:1", message())
        frames.append(await client.hear())

        assert frames[-2] == {"op": "watched", "topic": "channel:1", "seq": 5}
        told = [frame["seq"] for frame in frames if frame["op"] == "event"]
        assert told == list(range((5 if after is None else after) + 1, 7))
        assert len(services.log_calls) == 1

    async def test_a_thousand_posts_with_losses_repeats_and_reconnects_arrive_once_each_in_order(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        seen: list[int] = []

        async def reader() -> None:
            while not seen or seen[-1] < 1000:
                client = await gateway.client(ada)
                await client.say("watch", topics={"channel:1": seen[-1] if seen else 0})
                for _ in range(97):
                    frame = await client.hear()
                    if frame["op"] == "event":
                        seen.append(frame["seq"])
                    if seen and seen[-1] == 1000:
                        break
                await client.socket.close()

        async def writer() -> None:
            for number in range(100):
                told = services.write("channel:1", *messages(10))
                await services.relay(told[:3] + told[2:5] if number % 7 == 0 and number < 99 else told)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reader())
            tasks.create_task(writer())

        assert seen == list(range(1, 1001))


class TestTidiness:
    async def test_a_topic_nobody_watches_is_closed_after_a_while(
        self, start_gateway: StartGateway, services: Services, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.realtime.hub.TIDY_SECONDS", 0.02)
        gateway = await start_gateway(topic_linger_seconds=0.05)
        client = await gateway.client(ada)
        await client.watch("channel:1")
        topics: dict[str, Topic] = gateway.parts.hub.topics

        still_open = "channel:1" in topics
        await client.socket.close()

        await until(lambda: not topics)
        assert still_open
