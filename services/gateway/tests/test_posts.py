"""Posts that travel to messaging on the connection that is kept for them, and those that go by HTTP."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from contracts.ids import new_id
from contracts.posts import DRAFT_BYTES_MAX, FRAME_BYTES_MAX, CarriedAnswer, PostAnswer

from .conftest import Gateway, StartGateway
from .post_server_standin import PostServerStandIn, echo
from .services import Person, Services

CHANNEL = new_id()

Told = tuple[int, dict[str, Any], dict[str, str]]


@pytest.fixture
async def post_server(services: Services, monkeypatch: pytest.MonkeyPatch) -> PostServerStandIn:
    monkeypatch.setattr("gateway.forward.post_forwarder.PAUSE_SECONDS", 0.01)
    await services.post_server.start()
    return services.post_server


@pytest.fixture
async def gateway(start_gateway: StartGateway, post_server: PostServerStandIn) -> Gateway:
    return await start_connected(start_gateway, post_server)


async def start_connected(start_gateway: StartGateway, post_server: PostServerStandIn, **changes: Any) -> Gateway:
    gateway = await start_gateway(**changes)
    await post_server.until_open()
    return gateway


async def say(
    gateway: Gateway, person: Person, content: str, *, channel_id: UUID = CHANNEL, query: str = "", **headers: str
) -> Told:
    url = f"{gateway.url}/api/v1/channels/{channel_id}/messages{query}"
    sent = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"} | headers
    body = msgspec.json.encode({"content": content})
    async with gateway.http.post(url, data=body, headers=sent) as response:
        told = {name.lower(): value for name, value in response.headers.items()}
        return response.status, await response.json(content_type=None), told


class TestPosts:
    async def test_each_is_answered_with_its_own(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn
    ) -> None:
        ada, channels = services.person(), [new_id() for _ in range(20)]

        answers = await asyncio.gather(
            *(say(gateway, ada, f"{n}", channel_id=channel) for n, channel in enumerate(channels))
        )

        assert [(status, told) for status, told, _ in answers] == [
            (201, {"channel_id": str(channel), "draft": {"content": f"{n}"}}) for n, channel in enumerate(channels)
        ]
        assert [post.token for post in post_server.brought] == [ada.token] * 20
        assert services.requests == []

    async def test_none_waits_for_another(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn
    ) -> None:
        post_server.answer, ada = None, services.person()
        under_way: list[asyncio.Task[Told]] = []
        for n in range(3):
            under_way.append(asyncio.create_task(say(gateway, ada, f"{n}")))
            await post_server.until_brought(n + 1)

        for task, post in reversed([*zip(under_way, post_server.brought, strict=True)]):
            post_server.reply(post)
            _, told, _ = await task
            assert told["draft"] == msgspec.json.decode(post.draft)

    async def test_carries_the_limits_and_the_problem_of_a_refusal(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn
    ) -> None:
        headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"1")]
        post_server.answer = lambda _: PostAnswer(404, headers, b'{"code":"not_found"}')

        status, told, answered = await say(gateway, services.person(), "Hello")

        assert (status, told) == (404, {"code": "not_found"})
        assert answered["content-type"] == "application/problem+json"
        assert answered["retry-after"] == "1"
        assert int(answered["ratelimit-remaining"]) > 0

    async def test_goes_on_with_the_callers_trace(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn
    ) -> None:
        trace = "00-11111111111111111111111111111111-2222222222222222-01"

        await say(gateway, services.person(), "Hello", traceparent=trace)

        [post] = post_server.brought
        assert post.trace.split("-")[1] == "1" * 32
        assert post.trace != trace


class TestByHttp:
    async def test_what_messaging_will_not_have_otherwise(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn
    ) -> None:
        post_server.answer = lambda _: None

        status, told, _ = await say(gateway, services.person(), "Hello")

        assert (status, told["path"]) == (200, f"/api/v1/channels/{CHANNEL}/messages")
        assert services.bodies == [b'{"content":"Hello"}']
        assert len(post_server.brought) == 1

    async def test_all_when_messaging_knows_no_other_way(self, start_gateway: StartGateway, services: Services) -> None:
        gateway = await start_gateway()

        assert [(await say(gateway, services.person(), "Hello"))[0] for _ in range(3)] == [200] * 3

    async def test_a_long_one(self, gateway: Gateway, services: Services, post_server: PostServerStandIn) -> None:
        status, told, _ = await say(gateway, services.person(), "x" * DRAFT_BYTES_MAX)

        assert (status, told["size"]) == (200, DRAFT_BYTES_MAX + len('{"content":""}'))
        assert post_server.brought == []

    @pytest.mark.parametrize(
        "unlike", [{"query": "?a=1"}, {"Content-Type": "text/plain"}, {"Content-Type": "application/jsonp"}]
    )
    async def test_what_is_not_plainly_a_post(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn, unlike: dict[str, Any]
    ) -> None:
        status, _, _ = await say(gateway, services.person(), "Hello", **unlike)

        assert status == 200
        assert post_server.brought == []

    @pytest.mark.parametrize("limit", [{"posts_under_way_max": 1}, {"posts_late_seconds": 0}])
    async def test_what_finds_too_many_under_way_or_one_for_too_long(
        self, start_gateway: StartGateway, services: Services, post_server: PostServerStandIn, limit: dict[str, Any]
    ) -> None:
        gateway = await start_connected(start_gateway, post_server, **limit)
        post_server.answer, ada = None, services.person()

        first = asyncio.create_task(say(gateway, ada, "first"))
        await post_server.until_brought(1)
        second, _, _ = await say(gateway, ada, "second")
        post_server.reply(post_server.brought[0])
        await first
        post_server.answer = echo
        third, _, _ = await say(gateway, ada, "third")

        assert (second, third) == (200, 201)


class TestALostConnection:
    async def test_is_unavailable_to_those_on_it_who_are_not_repeated(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn
    ) -> None:
        post_server.answer, ada = None, services.person()
        under_way = [asyncio.create_task(say(gateway, ada, f"{n}")) for n in range(3)]
        await post_server.until_brought(3)

        post_server.cut()

        answers = await asyncio.gather(*under_way)
        assert [(status, told["code"]) for status, told, _ in answers] == [(503, "unavailable")] * 3
        assert all("retry-after" in headers for _, _, headers in answers)
        assert len(post_server.brought) == 3
        assert services.requests == []

    async def test_is_followed_by_another(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn
    ) -> None:
        post_server.cut()
        statuses: list[int] = []
        while 201 not in statuses:
            status, _, _ = await say(gateway, services.person(), "Hello")
            statuses.append(status)

        assert set(statuses) <= {200, 201, 503}
        assert post_server.tokens == 2

    async def test_when_it_is_silent_for_as_long_as_a_service_may_be(
        self, start_gateway: StartGateway, services: Services, post_server: PostServerStandIn
    ) -> None:
        gateway = await start_connected(start_gateway, post_server, forward_seconds=0.2)
        post_server.answer = None

        status, told, _ = await say(gateway, services.person(), "Hello")

        assert (status, told["code"]) == (503, "unavailable")
        await post_server.until_no_more()

    @pytest.mark.parametrize(
        "nonsense",
        [msgspec.Raw(b"\xc1"), msgspec.Raw(b""), [1], CarriedAnswer(77, None), "x" * FRAME_BYTES_MAX],
    )
    async def test_when_it_says_nonsense(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn, nonsense: object
    ) -> None:
        post_server.answer = None
        under_way = asyncio.create_task(say(gateway, services.person(), "Hello"))
        await post_server.until_brought(1)

        post_server.say(nonsense)

        status, told, _ = await under_way
        assert (status, told["code"]) == (503, "unavailable")

    async def test_brings_no_more_once_it_is_asked_to_and_still_hears_the_answers(
        self, gateway: Gateway, services: Services, post_server: PostServerStandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.forward.post_forwarder.PAUSE_SECONDS", 60)
        post_server.answer, ada = None, services.person()
        under_way = asyncio.create_task(say(gateway, ada, "before"))
        await post_server.until_brought(1)

        post_server.say(False)
        await post_server.until_no_more()
        after, _, _ = await say(gateway, ada, "after")
        post_server.reply(post_server.brought[0])

        assert after == 200
        assert (await under_way)[0] == 201
