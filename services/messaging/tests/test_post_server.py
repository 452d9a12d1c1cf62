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
from messaging.routes.post_server import GatewayConnection, PostServer
from testkit.tokens import Signer
from testkit.waiting import eventually, running

from .conftest import StartMessaging
from .people import Person, Place
from .post_client import COME, NO_MORE, PostClient, connected, open_client, request_token
from .test_group_commit import committer, limits


@pytest.fixture
async def post_client(client: httpx.AsyncClient, signer: Signer) -> AsyncGenerator[PostClient]:
    async with open_client(client, signer) as post_client:
        yield post_client


class RecordingTransport(asyncio.Transport):
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
    async def test_keeps_their_order(self, post_client: PostClient, place: Place, ann: Person, ben: Person) -> None:
        answers = await post_client.bring([carried([ann, ben][n % 2], place, f"{n}") for n in range(20)])

        said = [msgspec.json.decode(one.body) for one in answers if one]
        assert [one["content"] for one in said] == [f"{n}" for n in range(20)]
        assert [one["seq"] for one in said] == list(range(1, 21))
        assert (await ann.read(place.channel_id))["items"] == said

    async def test_each_has_its_own_outcome(
        self, post_client: PostClient, place: Place, ann: Person, eve: Person
    ) -> None:
        await eve.ask("GET", "/spaces")
        answers = await post_client.bring(
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

    async def test_a_refusal_is_the_one_that_http_gives(
        self, post_client: PostClient, place: Place, eve: Person
    ) -> None:
        by_http = await eve.ask("POST", f"/channels/{place.channel_id}/messages", {"content": "Hello"})
        [brought] = await post_client.bring([carried(eve, place)])

        assert brought is not None
        assert msgspec.json.decode(brought.body) | {"instance": ""} == by_http.json() | {"instance": ""}
        assert (b"content-type", by_http.headers["content-type"].encode()) in brought.headers

    async def test_what_is_forged_unknown_or_malformed_is_left_to_come_by_http(
        self, post_client: PostClient, place: Place, ann: Person, eve: Person
    ) -> None:
        good = carried(ann, place)
        forged = msgspec.structs.replace(good, token=ann.token[:-4] + "AAAA")
        bodies = (b"", b"{", b'{"contents":"x"}', b"[]", b'{"\xff":"x"}')
        malformed = [msgspec.structs.replace(good, draft=one) for one in bodies]

        answers = await post_client.bring([forged, good, carried(eve, place), *malformed])

        assert [one and one.status for one in answers] == [None, 201, None, *[None] * len(bodies)]

    async def test_what_has_attachments_is_left_to_come_by_http(
        self, post_client: PostClient, place: Place, ann: Person
    ) -> None:
        answers = await post_client.bring([carried(ann, place, attachments=[str(new_id())]), carried(ann, place)])

        assert [one and one.status for one in answers] == [None, 201]


class TestConnectToken:
    async def test_only_services_get_a_connect_token(self, client: httpx.AsyncClient, ann: Person) -> None:
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
            await request_token(await start(group_commit=False), signer)

    async def test_a_connect_token_is_good_once(self, client: httpx.AsyncClient, signer: Signer) -> None:
        token = await request_token(client, signer)

        async with connected(token.port) as first, connected(token.port) as second:
            first.say(token.token)
            assert await first.hear() == [COME]
            second.say(token.token)

            assert await second.until_ended() == []

    @pytest.mark.parametrize("said", ["forged", "", 7, None, [], (1, "x")])
    async def test_a_stranger_is_cut_off(self, client: httpx.AsyncClient, signer: Signer, said: object) -> None:
        token = await request_token(client, signer)

        async with connected(token.port) as stranger:
            stranger.say(said)

            assert await stranger.until_ended() == []

    async def test_who_says_nothing_is_cut_off(self, start: StartMessaging, signer: Signer) -> None:
        token = await request_token(await start(post_ticket_seconds_max=0.05), signer)

        async with connected(token.port) as stranger:
            assert await stranger.until_ended() == []

    async def test_a_connect_token_is_forgotten_for_later_ones(self, start: StartMessaging, signer: Signer) -> None:
        client = await start(post_tickets_max=1)
        old, new = await request_token(client, signer), await request_token(client, signer)

        async with connected(old.port) as first, connected(new.port) as second:
            first.say(old.token)
            assert await first.until_ended() == []
            second.say(new.token)
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
        self,
        client: httpx.AsyncClient,
        signer: Signer,
        post_client: PostClient,
        place: Place,
        ann: Person,
        nonsense: bytes,
    ) -> None:
        async with open_client(client, signer) as other:
            other.say(carried(ann, place, "before"))
            other.writer.write(nonsense)
            await other.until_ended()

        [answer] = await post_client.bring([carried(ann, place, "after")])

        assert answer is not None
        assert answer.status == 201
        assert await ann.contents(place.channel_id) == ["before", "after"]

    async def test_a_frame_in_pieces_is_none(self, post_client: PostClient, place: Place, ann: Person) -> None:
        post = msgspec.msgpack.encode(carried(ann, place))
        data = len(post).to_bytes(4, "big") + post
        for begin in range(0, len(data), 100):
            post_client.writer.write(data[begin : begin + 100])
            await asyncio.sleep(0)

        assert await post_client.hear()


class TestTheEndOfAConnection:
    async def test_comes_after_the_answers_to_what_was_brought(
        self, client: httpx.AsyncClient, signer: Signer, place: Place, ann: Person
    ) -> None:
        async with open_client(client, signer) as post_client:
            post_client.say(*(carried(ann, place, f"{n}") for n in range(5)))
            post_client.writer.write_eof()

            assert len(await post_client.until_ended()) == 5

        assert await ann.contents(place.channel_id) == [f"{n}" for n in range(5)]

    async def test_in_the_same_breath_as_the_last_post_loses_no_answer(
        self, signer: Signer, engine: AsyncEngine
    ) -> None:
        verifier = Verifier(KeySet(signer.fetch_keys), service="messaging", revoked=RevokedSessions())
        async with committer(engine) as group:
            post_server, transport = PostServer(group, verifier, limits()), RecordingTransport()
            async with post_server.listening():
                connection = GatewayConnection(post_server)
                connection.connection_made(transport)
                unknown = CarriedPost(7, ChannelId(new_id()), "unknown", b"{}", "")
                for value in (post_server.issue_token().token, unknown):
                    connection.data_received(framed(msgspec.msgpack.encode(value)))
                transport.closing = not connection.eof_received()  # as the event loop does
                connection.connection_lost(None)

        assert transport.closing
        assert transport.written.endswith(framed(msgspec.msgpack.encode(CarriedAnswer(7, None))))

    async def test_when_it_is_cut_loses_no_post(
        self, client: httpx.AsyncClient, signer: Signer, place: Place, ann: Person
    ) -> None:
        async with open_client(client, signer) as post_client:
            post_client.say(carried(ann, place))
            post_client.writer.close()

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
            group = await stack.enter_async_context(committer(engine))
            await stack.enter_async_context(running(group.run()))
            post_server = PostServer(group, verifier, settings)
            stopping = await stack.enter_async_context(AsyncExitStack())
            await stopping.enter_async_context(post_server.listening())
            token = post_server.issue_token()
            post_client = await stack.enter_async_context(connected(token.port))
            post_client.say(token.token)
            assert await post_client.hear() == [COME]
            post_client.say(*(carried(ann, place, f"{n}") for n in range(5)))
            stopped = asyncio.create_task(stopping.aclose())
            while NO_MORE not in heard:
                heard += await post_client.hear()
            post_client.say(carried(ann, place, "5"))
            post_client.writer.write_eof()
            heard += await post_client.until_ended()
            await stopped

        assert len(heard) == 1 + 6
        assert await ann.contents(place.channel_id) == [f"{n}" for n in range(6)]
