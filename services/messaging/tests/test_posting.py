"""Posting, on both roads."""

import asyncio

import pytest

from .people import Person, Place, Refused


class TestPostMessage:
    async def test_shows_the_message_to_the_others(self, place: Place, ben: Person) -> None:
        said = await place.owner.say(place.channel_id, "Hello", nonce="n-1")

        page = await ben.read(place.channel_id)

        assert page["items"] == [said]
        assert page["seq"] == said["seq"] == 1
        assert said["author"]["display_name"] == "Ann"

    async def test_a_repeated_nonce_returns_the_first_message(self, place: Place, ann: Person) -> None:
        path, body = f"/channels/{place.channel_id}/messages", {"content": "Hello", "nonce": "n-1"}

        first = await ann.ask("POST", path, body)
        again = await ann.ask("POST", path, body)

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()

    async def test_a_nonce_with_another_body_is_refused(self, place: Place, ann: Person) -> None:
        await ann.say(place.channel_id, "Hello", nonce="n-1")

        with pytest.raises(Refused) as refused:
            await ann.say(place.channel_id, "Bye", nonce="n-1")

        assert (refused.value.status, refused.value.code) == (409, "nonce_reused")

    async def test_fifty_at_once_have_neither_gap_nor_repeat(self, place: Place, ann: Person, ben: Person) -> None:
        said = await asyncio.gather(*(writer.say(place.channel_id, f"{n}") for n in range(50) for writer in (ann, ben)))

        assert sorted(one["seq"] for one in said) == list(range(1, 101))

    async def test_one_nonce_at_once_is_one_message(self, place: Place, ann: Person) -> None:
        said = await asyncio.gather(*(ann.say(place.channel_id, "Hello", nonce="n-1") for _ in range(20)))

        assert len({one["id"] for one in said}) == 1
        assert (await ann.read(place.channel_id))["seq"] == 1

    async def test_strangers_find_nothing(self, place: Place, eve: Person) -> None:
        with pytest.raises(Refused) as refused:
            await eve.say(place.channel_id, "Let me in")

        assert refused.value.status == 404
