"""A new name is told to every space of its bearer, and sixty of them not sixty times."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.auth import Profile
from messaging.usecases.people import announce_next, keep_profile

from .people import Person, logged


async def rename(engine: AsyncEngine, person: Person, name: str) -> None:
    async with engine.begin() as connection:
        await keep_profile(connection, Profile(id=person.id, display_name=name))


async def names(engine: AsyncEngine, spaces: list[str], person: Person) -> list[str]:
    """As they were told, in all of these spaces."""
    told = [one for space in spaces for one in await logged(engine, f"space:{space}")]
    told = [data["user"] for _, event, data in told if event == "member_updated"]
    return [one["display_name"] for one in told if one["id"] == str(person.id)]


class TestManyRenames:
    async def test_are_told_as_the_first_and_the_last(self, ann: Person, engine: AsyncEngine) -> None:
        spaces = [(await ann.make_space()).id for _ in range(3)]

        for number in range(60):
            await rename(engine, ann, f"Ann {number}")
        first = await names(engine, spaces, ann)
        async with engine.begin() as connection:
            await connection.execute(
                text("update people set announced_at = now() - interval '1 hour' where unannounced")
            )
            while await announce_next(connection):
                pass

        assert first == ["Ann 0"] * 3
        assert sorted(await names(engine, spaces, ann)) == ["Ann 0"] * 3 + ["Ann 59"] * 3

    async def test_of_one_person_keep_no_other_waiting(self, ann: Person, ben: Person, engine: AsyncEngine) -> None:
        place = await ann.make_space()
        await place.invite(ben)

        for number in range(60):
            await rename(engine, ann, f"Ann {number}")
        await rename(engine, ben, "Benny")

        assert await names(engine, [place.id], ben) == ["Benny"]

    async def test_a_later_one_is_told_at_once(self, ann: Person, engine: AsyncEngine) -> None:
        place = await ann.make_space()
        await rename(engine, ann, "Anna")
        async with engine.begin() as connection:
            earlier = text("update people set announced_at = now() - interval '1 hour' where id = :id")
            await connection.execute(earlier, {"id": ann.id})

        await rename(engine, ann, "Annie")

        assert await names(engine, [place.id], ann) == ["Anna", "Annie"]
