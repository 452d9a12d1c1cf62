"""What was deleted stays a while, then leaves every table; nothing else does, nor anything that is still to be told."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.database import connect
from chassis.settings import Secret
from contracts.times import now
from messaging.settings import Settings
from messaging.usecases.keeping import Sweeper
from testkit.plugin import FreshDatabase
from testkit.tokens import Signer
from testkit.waiting import eventually

from .conftest import serving
from .people import Person, Place

DETAILS = ("overrides", "revisions", "reactions", "mentions", "read_markers")
TABLES = (
    "spaces", "members", "bans", "invites", "audit", "channels", "messages", "log", "topic_heads", *DETAILS,
)  # fmt: skip
KEPT_DAYS = 30


@pytest.fixture
async def database(fresh_database: FreshDatabase) -> Secret:
    return await fresh_database("messaging")


@pytest.fixture
async def engine(database: Secret) -> AsyncGenerator[AsyncEngine]:
    made = connect(database, schema="messaging", connections_max=2)
    yield made
    await made.dispose()


@pytest.fixture
def limits(database: Secret, redis_url: Secret) -> Settings:
    return Settings(
        database_url=database, redis_url=redis_url, auth_url="", deleted_kept_days=KEPT_DAYS, sweep_rows_max=2
    )


@pytest.fixture
async def people(limits: Settings, signer: Signer) -> AsyncGenerator[tuple[Person, Person]]:
    """Ann and Eve, while messaging runs."""
    async with serving(signer, database_url=limits.database_url, redis_url=limits.redis_url) as client:
        yield Person(client, signer, "Ann"), Person(client, signer, "Eve")


async def live_in(place: Place, channel_id: str, eve: Person) -> None:
    """Leave a trace in every table."""
    ann, path = place.owner, f"/channels/{channel_id}"
    await place.invite(eve)
    await ann.do("PUT", f"{path}/overrides/role:member", {"deny": ["pin"]})
    said = [await ann.say(channel_id, f"<@{eve.id}> {number}") for number in range(5)]
    for one in said:
        await ann.react(one, "👍")
        await ann.do("PATCH", f"{path}/messages/{one['id']}", {"content": "changed"})
    thread = await ann.do("POST", f"{path}/messages/{said[0]['id']}/thread", {"name": "aside"})
    await ann.say(thread["id"], "in the thread")
    await ann.do("PUT", f"{path}/read", {"seq": 3})
    await ann.do("PUT", f"/spaces/{place.id}/bans/{eve.id}", {"reason": "spam"})


async def rows(engine: AsyncEngine, *tables: str) -> dict[str, int]:
    async with engine.connect() as connection:
        return {one: int(await connection.scalar(text(f"select count(*) from {one}")) or 0) for one in tables}


async def all_sent(engine: AsyncEngine) -> None:
    """The relay has carried everything."""

    async def nothing_waits() -> bool:
        async with engine.connect() as connection:
            return not await connection.scalar(text("select count(*) from log where sent_at is null"))

    await eventually(nothing_waits)


async def sweep(engine: AsyncEngine, limits: Settings, *, days_later: float) -> None:
    """As if everything had been deleted this long ago."""
    async with engine.begin() as connection:
        for table in ("channels", "spaces"):
            await connection.execute(
                text(f"update {table} set deleted_at = :at where deleted_at is not null"),
                {"at": now() - timedelta(days=days_later)},
            )
    sweeper = Sweeper(engine, limits)
    for step in (sweeper.sweep_keys, sweeper.sweep_names, sweeper.sweep_removed):
        while await step():
            pass


class TestADeletedChannel:
    async def test_leaves_every_table_after_its_time(
        self, people: tuple[Person, Person], engine: AsyncEngine, limits: Settings
    ) -> None:
        ann, eve = people
        place = await ann.make_space()
        channel_id = await place.make_channel()
        await ann.say(place.channel_id, "stays")
        await live_in(place, channel_id, eve)
        await ann.do("DELETE", f"/channels/{channel_id}")
        await all_sent(engine)
        before = await rows(engine, *TABLES)

        await sweep(engine, limits, days_later=KEPT_DAYS - 1)
        still = await rows(engine, *TABLES)
        await sweep(engine, limits, days_later=KEPT_DAYS + 1)
        left = await rows(engine, *TABLES)

        assert still == before
        assert all(before.values())
        assert {one for one in TABLES if not left[one]} == set(DETAILS)
        assert (left["channels"], left["messages"]) == (1, 1)
        assert await ann.contents(place.channel_id) == ["stays"]

    async def test_stays_while_anything_told_there_waits_to_be_sent(
        self, limits: Settings, signer: Signer, engine: AsyncEngine
    ) -> None:
        async with serving(signer, database_url=limits.database_url, redis_url=limits.redis_url) as client:
            place = await Person(client, signer, "Ann").make_space()
            await place.owner.say(place.channel_id, "x")
            await place.owner.do("DELETE", f"/channels/{place.channel_id}")
            await all_sent(engine)
        await say_sent(engine, f"channel:{place.channel_id}", sent=False)

        await sweep(engine, limits, days_later=KEPT_DAYS + 1)
        waiting = await rows(engine, "messages", "channels")
        await say_sent(engine, f"channel:{place.channel_id}", sent=True)
        await sweep(engine, limits, days_later=KEPT_DAYS + 1)

        assert waiting == {"messages": 1, "channels": 1}
        assert await rows(engine, "messages", "channels") == {"messages": 0, "channels": 0}


async def say_sent(engine: AsyncEngine, topic: str, *, sent: bool) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text("update log set sent_at = case when :sent then now() end where topic = :topic"),
            {"sent": sent, "topic": topic},
        )


class TestADeletedSpace:
    async def test_leaves_every_table_with_all_its_channels(
        self, people: tuple[Person, Person], engine: AsyncEngine, limits: Settings
    ) -> None:
        ann, eve = people
        place = await ann.make_space()
        await live_in(place, place.channel_id, eve)
        await place.make_channel()
        await ann.do("DELETE", f"/spaces/{place.id}")
        await all_sent(engine)

        await sweep(engine, limits, days_later=KEPT_DAYS + 1)

        left = await rows(engine, *TABLES)
        assert {one for one in TABLES if left[one]} == {"log", "topic_heads"}
        async with engine.connect() as connection:
            topics = (await connection.execute(text("select topic from topic_heads"))).scalars().all()
        assert set(topics) == {f"user:{ann.id}", f"user:{eve.id}"}


class TestSweeper:
    async def test_works_by_itself_in_the_running_service(
        self, limits: Settings, signer: Signer, engine: AsyncEngine
    ) -> None:
        async with serving(
            signer,
            database_url=limits.database_url,
            redis_url=limits.redis_url,
            deleted_kept_days=0,
            sweep_seconds=0.05,
        ) as client:
            place = await Person(client, signer, "Ann").make_space()
            await place.owner.do("DELETE", f"/spaces/{place.id}")

            async def nothing_left() -> bool:
                return await rows(engine, "spaces", "channels") == {"spaces": 0, "channels": 0}

            await eventually(nothing_left, seconds=30)
