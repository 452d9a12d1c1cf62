"""Who has posted before is not asked about again; what has changed since, on whichever copy, counts all the same."""

import copy
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.settings import Secret
from contracts.auth import Profile
from contracts.ids import ChannelId
from contracts.times import now
from messaging.domain.content import Draft, Post
from messaging.settings import Settings
from messaging.store.posting import fetching
from messaging.usecases import known
from messaging.usecases.known import KnownPosters
from messaging.usecases.people import keep_profile
from messaging.usecases.posting import Said, Settled, post_messages
from streams.bulk import Fetch

from .conftest import StartMessaging
from .people import Person, Place, Refused

LIMITS = Settings(database_url=Secret(""), redis_url=Secret(""), auth_url="")


@pytest.fixture(scope="module")
def client(each_write_path: httpx.AsyncClient) -> httpx.AsyncClient:
    return each_write_path


@pytest.fixture(scope="module")
async def other_copy(start: StartMessaging) -> httpx.AsyncClient:
    return await start()


@pytest.fixture
def ann_elsewhere(ann: Person, other_copy: httpx.AsyncClient) -> Person:
    """The owner, who changes things where nobody has posted."""
    elsewhere = copy.copy(ann)
    elsewhere.client = other_copy
    return elsewhere


async def refused(person: Person, channel_id: str) -> tuple[int, str]:
    with pytest.raises(Refused) as refusal:
        await person.say(channel_id, "x")
    return refusal.value.status, refusal.value.code


class TestWhoHasPosted:
    @pytest.mark.parametrize(
        ("method", "path", "body", "refusal"),
        [
            ("DELETE", "/spaces/{space}/members/{ben}", None, (404, "not_found")),
            ("DELETE", "/spaces/{space}", None, (404, "not_found")),
            ("DELETE", "/channels/{channel}", None, (404, "not_found")),
            ("PATCH", "/channels/{channel}", {"private": True}, (404, "not_found")),
            ("PATCH", "/channels/{channel}", {"archived": True}, (409, "channel_archived")),
            ("PATCH", "/spaces/{space}", {"archived": True}, (409, "space_archived")),
            ("PUT", "/channels/{channel}/overrides/user:{ben}", {"deny": ["post"]}, (403, "forbidden")),
            ("PUT", "/channels/{channel}/overrides/role:member", {"deny": ["post"]}, (403, "forbidden")),
        ],
    )
    async def test_may_not_any_more(
        self, place: Place, ben: Person, ann_elsewhere: Person, method: str, path: str, body: Any, refusal: Any
    ) -> None:
        channel_id = await place.make_channel()
        await ben.say(channel_id, "x")
        await ben.say(channel_id, "x")

        await ann_elsewhere.do(method, path.format(space=place.id, channel=channel_id, ben=ben.id), body)

        assert await refused(ben, channel_id) == refusal

    async def test_may_again(self, place: Place, ben: Person, ann_elsewhere: Person) -> None:
        override = f"/channels/{place.channel_id}/overrides/user:{ben.id}"
        await ann_elsewhere.do("PUT", override, {"deny": ["post"]})
        assert await refused(ben, place.channel_id) == (403, "forbidden")

        await ann_elsewhere.do("DELETE", override)

        assert (await ben.say(place.channel_id, "x"))["seq"] == 1

    async def test_may_not_where_a_private_channel_was_archived(
        self, place: Place, ann: Person, ann_elsewhere: Person
    ) -> None:
        channel_id = await place.make_channel(private=True)
        await ann.say(channel_id, "x")

        await ann_elsewhere.do("PATCH", f"/channels/{channel_id}", {"archived": True})

        assert await refused(ann, channel_id) == (409, "channel_archived")

    @pytest.mark.parametrize("archived", ["the thread", "its channel"])
    async def test_may_not_where_a_thread_ended(
        self, place: Place, ann: Person, ann_elsewhere: Person, archived: str
    ) -> None:
        message = await ann.say(place.channel_id, "x")
        path = f"/channels/{place.channel_id}/messages/{message['id']}/thread"
        thread = await ann.do("POST", path, {"name": "more"})
        await ann.say(thread["id"], "x")

        ended = thread["id"] if archived == "the thread" else place.channel_id
        await ann_elsewhere.do("PATCH", f"/channels/{ended}", {"archived": True})

        assert await refused(ann, thread["id"]) == (409, "channel_archived")

    async def test_posts_under_a_new_name(self, place: Place, ben: Person, engine: AsyncEngine) -> None:
        await ben.say(place.channel_id, "x")

        async with engine.begin() as connection:
            await keep_profile(connection, Profile(id=ben.id, display_name="Benjamin"))

        assert (await ben.say(place.channel_id, "x"))["author"]["display_name"] == "Benjamin"


class Asking:
    """Posts in transactions, and counts the statements of each."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.known = KnownPosters()

    async def post(self, *posts: Post) -> tuple[Settled, int]:
        async with self._counting() as (fetch, statements):
            settled = await post_messages(fetch, posts, at=now(), limits=LIMITS, notify=False, known=self.known)
        return settled, len(statements)

    @asynccontextmanager
    async def _counting(self) -> AsyncGenerator[tuple[Fetch, list[str]]]:
        statements: list[str] = []
        async with self._engine.begin() as connection:
            ask = fetching(connection)

            async def fetch(statement: str, *values: object) -> Sequence[Any]:
                statements.append(statement)
                return await ask(statement, *values)

            yield fetch, statements


@pytest.fixture
def asking(engine: AsyncEngine) -> Asking:
    return Asking(engine)


def post_of(person: Person, place: Place, **draft: Any) -> Post:
    return Post(msgspec.convert(place.channel_id, ChannelId), person.id, Draft(content="x", **draft))


class TestPostMessages:
    async def test_asks_about_nobody_twice(self, asking: Asking, place: Place, ann: Person) -> None:
        _, first = await asking.post(post_of(ann, place))
        settled, second = await asking.post(post_of(ann, place), post_of(ann, place))

        assert (first, second) == (2, 1)
        assert [one.envelope.seq for one in settled.told] == [2, 3]

    async def test_asks_about_all_when_one_is_new(self, asking: Asking, place: Place, ann: Person, ben: Person) -> None:
        await asking.post(post_of(ann, place))

        assert (await asking.post(post_of(ann, place), post_of(ben, place)))[1] == 2

    async def test_writes_nothing_before_asking_what_has_changed(
        self, asking: Asking, place: Place, ann: Person, ben: Person
    ) -> None:
        await asking.post(post_of(ann, place), post_of(ben, place))
        await place.promote(ben, "moderator")

        settled, statements = await asking.post(post_of(ann, place), post_of(ben, place))

        assert statements == 3
        assert [one.envelope.seq for one in settled.told] == [3, 4]
        assert (await asking.post(post_of(ben, place)))[1] == 1

    async def test_finds_a_repeat_among_others(self, asking: Asking, place: Place, ann: Person) -> None:
        await asking.post(post_of(ann, place, nonce="n-1"))

        settled, _ = await asking.post(post_of(ann, place), post_of(ann, place, nonce="n-1"))

        assert [one.repeated for one in settled.outcomes if isinstance(one, Said)] == [False, True]
        assert [one.envelope.seq for one in settled.told] == [2]

    async def test_forgets_who_was_known_longest(
        self, asking: Asking, place: Place, ann: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(known, "POSTERS_MAX", 1)
        await asking.post(post_of(ann, place))
        await asking.post(post_of(ben, place))

        assert asking.known.recall([post_of(ann, place)]) is None
        assert asking.known.recall([post_of(ben, place)]) is not None
