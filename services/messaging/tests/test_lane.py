"""Posts that a gateway brings beside HTTP: each has its own outcome, and one connection's end is no other's."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.frames import framed
from chassis.tokens import KeySet, RevokedSessions, Verifier
from contracts.ids import ChannelId, new_id
from contracts.posts import FRAME_BYTES_MAX, PATH, CarriedAnswer, CarriedPost
from messaging.routes import lane as routes
from messaging.routes.lane import Lanes
from testkit.tokens import Signer
from testkit.waiting import eventually, running

from .bringing import COME, NO_MORE, Lane, ask_ticket, connected, let_in
from .conftest import StartMessaging
from .people import Person, Place
from .test_group import limits, road


@pytest.fixture
async def lane(client: httpx.AsyncClient, signer: Signer) -> AsyncGenerator[Lane]:
    async with let_in(client, signer) as lane:
        yield lane


class Wire(asyncio.Transport):
    """Keeps what is written."""

    written = b""
    closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing


def carried(person: Person, place: Place, content: Any = "Hello", **draft: Any) -> CarriedPost:
    body = msgspec.json.encode({"content": content, **draft})
    return msgspec.convert((0, place.channel_id, person.token, body, ""), CarriedPost)


class TestBringPosts:
    async def test_keeps_their_order(self, lane: Lane, place: Place, ann: Person, ben: Person) -> None:
        answers = await lane.bring([carried([ann, ben][n % 2], place, f"{n}") for n in range(20)])

        said = [msgspec.json.decode(one.body) for one in answers if one]
        assert [one["content"] for one in said] == [f"{n}" for n in range(20)]
        assert [one["seq"] for one in said] == list(range(1, 21))
        assert (await ann.read(place.channel_id))["items"] == said

    async def test_each_has_its_own_outcome(self, lane: Lane, place: Place, ann: Person, eve: Person) -> None:
        await eve.ask("GET", "/spaces")
        answers = await lane.bring(
            [
                carried(ann, place, "one", nonce="n"),
                carried(eve, place, "a stranger's"),
                carried(ann, place, "one", nonce="n"),
                carried(ann, place, "other", nonce="n"),
                carried(ann, place, "a reply", reply_to=str(new_id())),
                carried(ann, place, "two"),
            ],
        )

        assert [one and one.status for one in answers] == [201, 404, 200, 409, 400, 201]
        assert await ann.contents(place.channel_id) == ["one", "two"]

    async def test_a_refusal_is_the_one_that_http_gives(self, lane: Lane, place: Place, eve: Person) -> None:
        by_http = await eve.ask("POST", f"/channels/{place.channel_id}/messages", {"content": "Hello"})
        [brought] = await lane.bring([carried(eve, place)])

        assert brought is not None
        assert msgspec.json.decode(brought.body) | {"instance": ""} == by_http.json() | {"instance": ""}
        assert (b"content-type", by_http.headers["content-type"].encode()) in brought.headers

    async def test_what_is_forged_unknown_or_malformed_is_left_to_come_by_http(
        self, lane: Lane, place: Place, ann: Person, eve: Person
    ) -> None:
        good = carried(ann, place)
        forged = msgspec.structs.replace(good, token=ann.token[:-4] + "AAAA")
        bodies = (b"", b"{", b'{"contents":"x"}', b"[]", b'{"\xff":"x"}')
        malformed = [msgspec.structs.replace(good, draft=one) for one in bodies]

        answers = await lane.bring([forged, good, carried(eve, place), *malformed])

        assert [one and one.status for one in answers] == [None, 201, None, *[None] * len(bodies)]

    async def test_what_has_attachments_is_left_to_come_by_http(self, lane: Lane, place: Place, ann: Person) -> None:
        answers = await lane.bring([carried(ann, place, attachments=[str(new_id())]), carried(ann, place)])

        assert [one and one.status for one in answers] == [None, 201]


class TestLetIn:
    async def test_only_services_get_a_ticket(self, client: httpx.AsyncClient, ann: Person) -> None:
        forged = ann.token[:-4] + "AAAA"

        statuses = [
            (await client.post(PATH, headers=headers)).status_code
            for headers in ({}, *({"authorization": f"Bearer {token}"} for token in (ann.token, forged, "x")))
        ]

        assert statuses == [401] * 4

    async def test_nobody_gets_one_where_each_post_has_its_own_transaction(
        self, start: StartMessaging, signer: Signer
    ) -> None:
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            await ask_ticket(await start(group_commit=False), signer)

    async def test_a_ticket_lets_in_once(self, client: httpx.AsyncClient, signer: Signer) -> None:
        ticket = await ask_ticket(client, signer)

        async with connected(ticket.port) as first, connected(ticket.port) as second:
            first.say(ticket.ticket)
            assert await first.hear() == [COME]
            second.say(ticket.ticket)

            assert await second.until_ended() == []

    @pytest.mark.parametrize("said", ["forged", "", 7, None, [], (1, "x")])
    async def test_a_stranger_is_cut_off(self, client: httpx.AsyncClient, signer: Signer, said: object) -> None:
        ticket = await ask_ticket(client, signer)

        async with connected(ticket.port) as stranger:
            stranger.say(said)

            assert await stranger.until_ended() == []

    async def test_who_says_nothing_is_cut_off(self, start: StartMessaging, signer: Signer) -> None:
        ticket = await ask_ticket(await start(post_ticket_seconds_max=0.05), signer)

        async with connected(ticket.port) as stranger:
            assert await stranger.until_ended() == []

    async def test_a_ticket_is_forgotten_for_later_ones(self, start: StartMessaging, signer: Signer) -> None:
        client = await start(post_tickets_max=1)
        old, new = await ask_ticket(client, signer), await ask_ticket(client, signer)

        async with connected(old.port) as first, connected(new.port) as second:
            first.say(old.ticket)
            assert await first.until_ended() == []
            second.say(new.ticket)
            assert await second.hear() == [COME]


class TestNonsense:
    @pytest.mark.parametrize(
        "nonsense",
        [
            (FRAME_BYTES_MAX + 1).to_bytes(4, "big"),
            b"\xff\xff\xff\xff",
            b"\0\0\0\0",
            b"\0\0\0\1\xc1",
            b"\0\0\0\2\x91\x01",
            b"\0\0\0\7garbage",
        ],
    )
    async def test_ends_its_connection_and_loses_nothing(
        self, client: httpx.AsyncClient, signer: Signer, lane: Lane, place: Place, ann: Person, nonsense: bytes
    ) -> None:
        async with let_in(client, signer) as other:
            other.say(carried(ann, place, "before"))
            other.writer.write(nonsense)
            await other.until_ended()

        [answer] = await lane.bring([carried(ann, place, "after")])

        assert answer is not None
        assert answer.status == 201
        assert await ann.contents(place.channel_id) == ["before", "after"]

    async def test_a_frame_in_pieces_is_none(self, lane: Lane, place: Place, ann: Person) -> None:
        post = msgspec.msgpack.encode(carried(ann, place))
        data = len(post).to_bytes(4, "big") + post
        for begin in range(0, len(data), 100):
            lane.writer.write(data[begin : begin + 100])
            await asyncio.sleep(0)

        assert await lane.hear()


class TestTheEndOfAConnection:
    async def test_comes_after_the_answers_to_what_was_brought(
        self, client: httpx.AsyncClient, signer: Signer, place: Place, ann: Person
    ) -> None:
        async with let_in(client, signer) as lane:
            lane.say(*(carried(ann, place, f"{n}") for n in range(5)))
            lane.writer.write_eof()

            assert len(await lane.until_ended()) == 5

        assert await ann.contents(place.channel_id) == [f"{n}" for n in range(5)]

    async def test_in_the_same_breath_as_the_last_post_loses_no_answer(
        self, signer: Signer, engine: AsyncEngine
    ) -> None:
        verifier = Verifier(KeySet(signer.fetch_keys), service="messaging", revoked=RevokedSessions())
        async with road(engine) as group:
            lanes, wire = Lanes(group, verifier, limits()), Wire()
            async with lanes.listening():
                lane = routes.Lane(lanes)
                lane.connection_made(wire)
                unknown = CarriedPost(7, ChannelId(new_id()), "unknown", b"{}", "")
                for value in (lanes.invite().ticket, unknown):
                    lane.data_received(framed(msgspec.msgpack.encode(value)))
                wire.closing = not lane.eof_received()  # as the event loop does
                lane.connection_lost(None)

        assert wire.closing
        assert wire.written.endswith(framed(msgspec.msgpack.encode(CarriedAnswer(7, None))))

    async def test_when_it_is_cut_loses_no_post(
        self, client: httpx.AsyncClient, signer: Signer, place: Place, ann: Person
    ) -> None:
        async with let_in(client, signer) as lane:
            lane.say(carried(ann, place))
            lane.writer.close()

        async def is_there() -> bool:
            return await ann.contents(place.channel_id) == ["Hello"]

        await eventually(is_there)

    async def test_is_asked_for_by_a_service_that_stops_and_comes_after_the_last_answer(
        self, signer: Signer, engine: AsyncEngine, place: Place, ann: Person
    ) -> None:
        settings = limits(drain_seconds=60)
        verifier = Verifier(KeySet(signer.fetch_keys), service="messaging", revoked=RevokedSessions())
        await verifier.caller(ann.token)
        heard: list[bytes] = []

        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(road(engine))
            await stack.enter_async_context(running(group.run()))
            lanes = Lanes(group, verifier, settings)
            stopping = await stack.enter_async_context(AsyncExitStack())
            await stopping.enter_async_context(lanes.listening())
            ticket = lanes.invite()
            lane = await stack.enter_async_context(connected(ticket.port))
            lane.say(ticket.ticket)
            assert await lane.hear() == [COME]
            lane.say(*(carried(ann, place, f"{n}") for n in range(5)))
            stopped = asyncio.create_task(stopping.aclose())
            while NO_MORE not in heard:
                heard += await lane.hear()
            lane.say(carried(ann, place, "5"))
            lane.writer.write_eof()
            heard += await lane.until_ended()
            await stopped

        assert len(heard) == 1 + 6
        assert await ann.contents(place.channel_id) == [f"{n}" for n in range(6)]
