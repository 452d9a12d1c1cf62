"""Posts that travel to messaging together."""

import asyncio
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from contracts.ids import new_id
from contracts.posts import DRAFT_BYTES_MAX, TOGETHER_MAX, CarriedPost, PostAnswer
from testkit.waiting import eventually

from .conftest import Gateway, StartGateway
from .services import Person, Services

CHANNEL = new_id()


def echo(post: CarriedPost) -> PostAnswer:
    """As messaging answers: with what was posted, and where."""
    said = {"channel_id": post.channel_id, "draft": msgspec.json.decode(post.draft)}
    return PostAnswer(201, [(b"content-type", b"application/json")], msgspec.json.encode(said))


async def say(
    gateway: Gateway, person: Person, content: str, *, channel_id: UUID = CHANNEL, query: str = "", **headers: str
) -> tuple[int, dict[str, Any], dict[str, str]]:
    url = f"{gateway.url}/api/v1/channels/{channel_id}/messages{query}"
    sent = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"} | headers
    body = msgspec.json.encode({"content": content})
    async with gateway.http.post(url, data=body, headers=sent) as response:
        told = {name.lower(): value for name, value in response.headers.items()}
        return response.status, await response.json(content_type=None), told


class Gate:
    """Holds messaging's answers until it is opened."""

    def __init__(self, services: Services) -> None:
        self.opened = asyncio.Event()
        services.before_answer = self._wait

    async def _wait(self, _: Any) -> None:
        await self.opened.wait()


class TestPostsTogether:
    async def test_each_is_answered_with_its_own(self, gateway: Gateway, services: Services) -> None:
        services.posted = echo
        ada, channels = services.person(), [new_id() for _ in range(20)]

        answers = await asyncio.gather(
            *(say(gateway, ada, f"{n}", channel_id=channel) for n, channel in enumerate(channels))
        )

        assert [(status, told) for status, told, _ in answers] == [
            (201, {"channel_id": str(channel), "draft": {"content": f"{n}"}}) for n, channel in enumerate(channels)
        ]
        assert {post.token for trip in services.trips for post in trip} == {ada.token}
        assert services.requests == []

    async def test_what_arrives_while_a_trip_is_away_goes_with_the_next(
        self, start_gateway: StartGateway, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.forward.posts.HELD_SECONDS", 60)
        gateway, ada = await start_gateway(), services.person()
        services.posted, gate = echo, Gate(services)

        async def under_way(trips: int, waiting: int) -> bool:
            road: Any = gateway.parts.edge.roads["messaging"]
            return (len(services.trips), len(road.waiting)) == (trips, waiting)

        first = asyncio.create_task(say(gateway, ada, "first"))
        await eventually(lambda: under_way(1, 0))
        rest = [asyncio.create_task(say(gateway, ada, f"{n}")) for n in range(5)]
        await eventually(lambda: under_way(1, 5))
        gate.opened.set()

        assert [status for status, _, _ in await asyncio.gather(first, *rest)] == [201] * 6
        assert [len(trip) for trip in services.trips] == [1, 5]

    async def test_a_slow_trip_does_not_keep_the_others(self, gateway: Gateway, services: Services) -> None:
        services.posted, gate = echo, Gate(services)
        ada = services.person()

        async def two_away() -> bool:
            return len(services.trips) == 2

        first = asyncio.create_task(say(gateway, ada, "first"))
        second = asyncio.create_task(say(gateway, ada, "second"))
        await eventually(two_away)
        gate.opened.set()

        assert [status for status, _, _ in await asyncio.gather(first, second)] == [201, 201]

    async def test_no_trip_is_larger_than_messaging_takes(
        self, start_gateway: StartGateway, services: Services
    ) -> None:
        gateway = await start_gateway(user_requests_per_minute=100_000)
        services.posted = echo
        ada = services.person()

        answers = await asyncio.gather(*(say(gateway, ada, f"{n}") for n in range(3 * TOGETHER_MAX)))

        assert {status for status, _, _ in answers} == {201}
        assert max(len(trip) for trip in services.trips) <= TOGETHER_MAX

    async def test_carries_the_limits_and_the_problem_of_a_refusal(self, gateway: Gateway, services: Services) -> None:
        headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"1")]
        services.posted = lambda _: PostAnswer(404, headers, b'{"code":"not_found"}')

        status, told, answered = await say(gateway, services.person(), "Hello")

        assert (status, told) == (404, {"code": "not_found"})
        assert answered["content-type"] == "application/problem+json"
        assert answered["retry-after"] == "1"
        assert int(answered["ratelimit-remaining"]) > 0

    async def test_goes_on_with_the_callers_trace(self, gateway: Gateway, services: Services) -> None:
        services.posted = echo
        trace = "00-11111111111111111111111111111111-2222222222222222-01"

        await say(gateway, services.person(), "Hello", traceparent=trace)

        [[post]] = services.trips
        assert post.trace.split("-")[1] == "1" * 32
        assert post.trace != trace


class TestAPostThatGoesAlone:
    async def test_when_messaging_will_not_have_it_so(self, gateway: Gateway, services: Services) -> None:
        services.posted = lambda _: None

        status, told, _ = await say(gateway, services.person(), "Hello")

        assert (status, told["path"]) == (200, f"/api/v1/channels/{CHANNEL}/messages")
        assert services.bodies == [b'{"content":"Hello"}']

    async def test_when_messaging_knows_no_other_way(self, gateway: Gateway, services: Services) -> None:
        status, _, _ = await say(gateway, services.person(), "Hello")

        assert status == 200
        assert services.bodies == [b'{"content":"Hello"}']

    async def test_when_it_is_long(self, gateway: Gateway, services: Services) -> None:
        status, told, _ = await say(gateway, services.person(), "x" * DRAFT_BYTES_MAX)

        assert (status, told["size"]) == (200, DRAFT_BYTES_MAX + len('{"content":""}'))
        assert services.trips == []

    @pytest.mark.parametrize(
        "unlike", [{"query": "?a=1"}, {"Content-Type": "text/plain"}, {"Content-Type": "application/jsonp"}]
    )
    async def test_when_it_is_not_plainly_a_post(
        self, gateway: Gateway, services: Services, unlike: dict[str, Any]
    ) -> None:
        status, _, _ = await say(gateway, services.person(), "Hello", **unlike)

        assert status == 200
        assert services.trips == []

    async def test_when_it_was_told_so(self, start_gateway: StartGateway, services: Services) -> None:
        gateway = await start_gateway(posts_together=False)

        status, _, _ = await say(gateway, services.person(), "Hello")

        assert status == 200
        assert services.trips == []


class TestALostTrip:
    async def test_is_unavailable_to_those_within_and_not_repeated(self, gateway: Gateway, services: Services) -> None:
        async def hang_up(request: Any) -> None:
            request.transport.abort()

        services.posted, services.before_answer = echo, hang_up
        ada = services.person()

        answers = await asyncio.gather(*(say(gateway, ada, f"{n}") for n in range(3)))

        assert [(status, told["code"]) for status, told, _ in answers] == [(503, "unavailable")] * 3
        assert sum(len(trip) for trip in services.trips) == 3
        assert services.requests == []

    async def test_nonsense_in_return_fails_those_within_and_nobody_else(
        self, gateway: Gateway, services: Services
    ) -> None:
        nonsense = cast("PostAnswer", msgspec.Raw(b"\xc1"))
        services.posted = lambda _: nonsense
        status, told, _ = await say(gateway, services.person(), "Hello")

        services.posted = echo
        after, _, _ = await say(gateway, services.person(), "Hello again")

        assert (status, told["code"]) == (503, "unavailable")
        assert after == 201
