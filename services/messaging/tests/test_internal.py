"""What other services ask, and what auth tells."""

from typing import Any

import httpx
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.auth import Profile, SessionRevoked, UserDeleted, UserUpdated
from contracts.events import Envelope, Event
from contracts.ids import SessionId, UserId, new_id
from contracts.times import now
from streams import bus
from testkit.servers import Servers
from testkit.tokens import Signer
from testkit.waiting import eventually

from .conftest import StartMessaging
from .people import Json, Person, Place, logged

NOBODYS = "019c0000-0000-7000-8000-00000000dead"


class Gateway:
    """Another service, with its own token."""

    def __init__(self, client: httpx.AsyncClient, signer: Signer) -> None:
        self._client = client
        self._token = signer.service_token("gateway", audience="messaging")

    async def ask(self, path: str, method: str = "GET", body: Any = None, **params: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token}"}
        return await self._client.request(method, f"/internal{path}", headers=headers, json=body, params=params)

    async def read(self, topic: str, **params: Any) -> Json:
        response = await self.ask("/log", topic=topic, **params)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def gateway(client: httpx.AsyncClient, signer: Signer) -> Gateway:
    return Gateway(client, signer)


class TestShowInstance:
    async def test_tells_services_the_limits(self, gateway: Gateway, client: httpx.AsyncClient) -> None:
        told = (await gateway.ask("/instance")).json()

        assert told["message_chars_max"] == 4000
        assert told["attachments_per_message_max"] == 10
        assert (await client.get("/internal/instance")).status_code == 401


class TestReadLog:
    async def test_gives_all_that_followed(self, place: Place, ann: Person, gateway: Gateway) -> None:
        said = [await ann.say(place.channel_id, f"{n}") for n in range(3)]

        page = await gateway.read(f"channel:{place.channel_id}", after=1)

        assert page["seq"] == 3
        assert [event["data"] for event in page["events"]] == said[1:]
        assert (await gateway.read(f"channel:{place.channel_id}"))["events"] == []
        assert (await gateway.read(f"channel:{place.channel_id}", after=0, limit=2))["reset"]

    async def test_names_who_may_only_read(self, place: Place, ann: Person, ben: Person, gateway: Gateway) -> None:
        topic, path = f"channel:{place.channel_id}", f"/channels/{place.channel_id}"
        before = await gateway.read(topic, audience=True)
        await ann.do("PUT", f"{path}/overrides/user:{ben.id}", {"deny": ["post"]})
        denied = await gateway.read(topic, audience=True)
        await ann.do("PATCH", path, {"archived": True})
        archived = await gateway.read(topic, audience=True)

        assert (before["readers"], denied["readers"]) == ([], [str(ben.id)])
        assert sorted(archived["readers"]) == sorted([str(ann.id), str(ben.id)])

    async def test_names_who_may_watch(self, place: Place, ann: Person, ben: Person, gateway: Gateway) -> None:
        private = await place.make_channel("board", private=True)

        pages = [
            await gateway.read(topic, audience=True)
            for topic in (f"channel:{place.channel_id}", f"channel:{private}", f"space:{place.id}", f"user:{ben.id}")
        ]

        both = {str(ann.id), str(ben.id)}
        assert [set(page["audience"]) for page in pages] == [both, {str(ann.id)}, both, {str(ben.id)}]
        assert [page["depends_on"] for page in pages] == [f"space:{place.id}"] * 3 + [None]

    @pytest.mark.parametrize("topic", [f"channel:{NOBODYS}", f"space:{NOBODYS}", "account:1", "channel:x", ""])
    async def test_knows_no_other_topics(self, gateway: Gateway, topic: str) -> None:
        assert (await gateway.ask("/log", topic=topic)).status_code == 404

    async def test_is_for_services_only(self, place: Place, ann: Person) -> None:
        response = await ann.ask("GET", "/internal/log", topic=f"channel:{place.channel_id}")

        assert response.status_code == 401


class TestRecordingChannel:
    async def test_is_made_once_and_takes_moments(self, place: Place, ann: Person, gateway: Gateway) -> None:
        path, body = f"/spaces/{place.id}/recordings/{new_id()}/channel", {"name": "Friday"}

        first, again = [(await gateway.ask(path, "PUT", body)).json() for _ in range(2)]

        assert first == again
        assert (await ann.say(first["id"], "here", at_ms=61_000))["at_ms"] == 61_000


class TestMembersForServices:
    async def test_answer_roles(self, place: Place, ann: Person, ben: Person, eve: Person, gateway: Gateway) -> None:
        path = f"/spaces/{place.id}/members"

        assert (await gateway.ask(path)).json() == {str(ann.id): "owner", str(ben.id): "member"}
        assert (await gateway.ask(f"{path}/{ben.id}")).json()["role"] == "member"
        assert (await gateway.ask(f"{path}/{eve.id}")).status_code == 404

    async def test_answer_where_somebody_is_a_member(
        self, place: Place, ben: Person, eve: Person, gateway: Gateway
    ) -> None:
        spaces = (await gateway.ask(f"/people/{ben.id}/spaces")).json()

        assert [(one["id"], one["role"]) for one in spaces] == [(place.id, "member")]
        assert (await gateway.ask(f"/people/{eve.id}/spaces")).json() == []
        assert (await ben.ask("GET", f"/internal/people/{ben.id}/spaces")).status_code == 401


class TestViewers:
    """204 to who may view the channel, and so fetch what was attached there; 404 for all else."""

    async def test_are_those_whom_it_is_shown(
        self, place: Place, ann: Person, ben: Person, eve: Person, gateway: Gateway
    ) -> None:
        private = await place.make_channel("board", private=True)
        said = await ann.say(private, "x")
        thread = await ann.do("POST", f"/channels/{private}/messages/{said['id']}/thread", {"name": "t"})

        async def viewing(channel_id: str) -> list[int]:
            path = f"/channels/{channel_id}/people"
            return [(await gateway.ask(f"{path}/{one.id}")).status_code for one in (ann, ben, eve)]

        assert await viewing(place.channel_id) == [204, 204, 404]
        assert await viewing(private) == await viewing(thread["id"]) == [204, 404, 404]
        assert await viewing(NOBODYS) == [404] * 3
        await ann.do("PUT", f"/channels/{private}/overrides/user:{ben.id}", {"allow": ["view"]})
        await ann.do("PUT", f"/channels/{place.channel_id}/overrides/role:member", {"deny": ["view"]})
        assert await viewing(private) == await viewing(thread["id"]) == [204, 204, 404]
        assert await viewing(place.channel_id) == [204, 404, 404]

    async def test_end_with_the_channel_and_the_membership_not_with_the_archive(
        self, place: Place, ann: Person, ben: Person, gateway: Gateway
    ) -> None:
        archived, deleted = await place.make_channel("old"), await place.make_channel("gone")
        await ann.do("PATCH", f"/channels/{archived}", {"archived": True})
        await ann.do("DELETE", f"/channels/{deleted}")

        async def viewing(person: Person) -> list[int]:
            paths = [f"/channels/{one}/people/{person.id}" for one in (place.channel_id, archived, deleted)]
            return [(await gateway.ask(path)).status_code for path in paths]

        assert await viewing(ben) == [204, 204, 404]
        await ann.do("PUT", f"/spaces/{place.id}/bans/{ben.id}", {"reason": "spam"})
        assert await viewing(ben) == [404] * 3
        assert await viewing(ann) == [204, 204, 404]
        await ann.do("DELETE", f"/spaces/{place.id}")
        assert await viewing(ann) == [404] * 3

    async def test_are_told_to_services_only(self, place: Place, ann: Person) -> None:
        path = f"/internal/channels/{place.channel_id}/people/{ann.id}"

        assert (await ann.ask("GET", path)).status_code == 401


class TestAnEventOfAChannel:
    async def test_says_at_which_position_of_its_space_its_audience_was_decided(
        self, place: Place, ann: Person, ben: Person, engine: AsyncEngine
    ) -> None:
        message = await ann.say(place.channel_id, "before")
        before = len(await logged(engine, f"space:{place.id}"))
        await ann.do("PATCH", f"/channels/{place.channel_id}", {"private": True})
        after = len(await logged(engine, f"space:{place.id}"))
        await ann.say(place.channel_id, "after")
        await ann.react(message, "x")

        query = text("select type, audience_seq from log where topic = :topic order by seq")
        async with engine.connect() as connection:
            rows = await connection.execute(query, {"topic": f"channel:{place.channel_id}"})
            told = [(row.type.split(".")[1], row.audience_seq) for row in rows]
        assert before < after
        assert told == [
            ("message_posted", before),
            ("channel_updated", after),
            ("message_posted", after),
            ("reaction_added", after),
        ]


class TestWhatAuthTells:
    @pytest.fixture
    async def tell(self, servers: Servers) -> Any:
        redis: Redis = bus.connect(servers.redis_url)

        async def tell(event: Event) -> None:
            data = msgspec.Raw(msgspec.json.encode(event))
            envelope = Envelope(id=new_id(), type=event.TYPE, topic=f"account:{new_id()}", seq=1, at=now(), data=data)
            await bus.add(bus.DedicatedConnection(redis), "auth.events", [envelope], marker="x")

        yield tell
        await redis.aclose()

    async def test_a_new_name_is_shown_everywhere(
        self, place: Place, ann: Person, ben: Person, engine: AsyncEngine, tell: Any
    ) -> None:
        await ben.say(place.channel_id, "x")

        await tell(UserUpdated(user=Profile(id=ben.id, display_name="Benny"), at=now()))

        async def renamed() -> bool:
            [item] = (await ann.read(place.channel_id))["items"]
            return item["author"]["display_name"] == "Benny"

        await eventually(renamed)
        *_, (_, event, data) = await logged(engine, f"space:{place.id}")
        assert (event, data["user"]["display_name"]) == ("member_updated", "Benny")

    async def test_a_deleted_owner_leaves_the_space_to_another(
        self, place: Place, ann: Person, ben: Person, tell: Any
    ) -> None:
        await tell(UserDeleted(user_id=ann.id, at=now()))

        async def inherited() -> bool:
            return (await ben.do("GET", f"/spaces/{place.id}"))["role"] == "owner"

        await eventually(inherited)

    async def test_a_revoked_session_ends_at_once(self, place: Place, ann: Person, signer: Signer, tell: Any) -> None:
        session = SessionId(new_id())
        ann.token = signer.user_token(UserId(ann.id), session_id=session)
        await ann.say(place.channel_id, "still here")

        await tell(SessionRevoked(user_id=ann.id, session_id=session, at=now()))

        async def ended() -> bool:
            response = await ann.ask("POST", f"/channels/{place.channel_id}/messages", {"content": "x"})
            return response.status_code == 401 and response.json()["code"] == "session_ended"

        await eventually(ended)


class TestAStranger:
    async def test_leaves_no_connection_behind_however_often_they_are_refused(self, start: StartMessaging) -> None:
        client = await start(database_connections_max=3)

        for _ in range(8):
            refused = await client.get("/api/v1/spaces", headers={"authorization": "Bearer rubbish"})
            assert refused.status_code == 401

        ready = await client.get("/readyz")
        assert ready.json()["checks"]["database"] == "ok"
