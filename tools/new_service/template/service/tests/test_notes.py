"""Notes as a client meets them, and the whole path of one event."""

import httpx

from testkit.waiting import eventually

NOTES = "/api/v1/newservice/notes"


class TestAddNote:
    async def test_shows_it_to_its_author(self, client: httpx.AsyncClient) -> None:
        added = await client.post(NOTES, json={"text": "buy milk"})

        assert added.status_code == 201
        assert (await client.get(NOTES)).json()["items"] == [added.json()]

    async def test_refuses_an_empty_one(self, client: httpx.AsyncClient) -> None:
        refused = await client.post(NOTES, json={"text": " "})

        assert (refused.status_code, refused.json()["code"]) == (400, "note_refused")

    async def test_is_counted_once_by_way_of_the_stream(self, client: httpx.AsyncClient) -> None:
        await client.post(NOTES, json={"text": "buy milk"})

        async def counted() -> bool:
            return (await client.get(NOTES)).json()["counted"] == 1

        await eventually(counted)


class TestHealth:
    async def test_says_that_it_lives(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/livez")).status_code == 200
