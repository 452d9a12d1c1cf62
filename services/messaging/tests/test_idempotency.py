"""What creates something takes an `Idempotency-Key`; a post has its nonce."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import new_id

from .people import Json, Person, Place, logged

CREATING = {
    "/spaces": {"name": "Hall"},
    "/spaces/{space}/channels": {"name": "lobby"},
    "/spaces/{space}/invites": {"max_uses": 1},
    "/channels/{channel}/messages/{message}/thread": {"name": "aside"},
}


async def path_of(template: str, place: Place) -> str:
    message = await place.owner.say(place.channel_id, "x")
    return template.format(space=place.id, channel=place.channel_id, message=message["id"])


class TestACreatingRequest:
    @pytest.mark.parametrize(("template", "body"), CREATING.items(), ids=[*CREATING])
    async def test_repeated_with_its_key_is_answered_with_what_was_made(
        self, place: Place, ann: Person, engine: AsyncEngine, template: str, body: Json
    ) -> None:
        path, headers = await path_of(template, place), {"idempotency-key": str(new_id())}

        first = await ann.ask("POST", path, body, headers=headers)
        told = await logged(engine, f"space:{place.id}")
        again = await ann.ask("POST", path, body, headers=headers)

        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert await logged(engine, f"space:{place.id}") == told

    @pytest.mark.parametrize(("template", "body"), CREATING.items(), ids=[*CREATING])
    async def test_with_the_key_of_another_is_refused(
        self, place: Place, ann: Person, template: str, body: Json
    ) -> None:
        path, headers = await path_of(template, place), {"idempotency-key": str(new_id())}
        await ann.do("POST", path, body, headers=headers)
        other: dict[str, Any] = {key: 2 if value == 1 else "other" for key, value in body.items()}

        refused = await ann.ask("POST", path, other, headers=headers)

        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")

    async def test_without_a_key_makes_another(self, place: Place, ann: Person) -> None:
        made = [await ann.do("POST", f"/spaces/{place.id}/invites", {}) for _ in range(2)]

        assert made[0]["code"] != made[1]["code"]

    async def test_keeps_its_answer_for_as_long_as_is_set(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        path, headers = f"/spaces/{place.id}/invites", {"idempotency-key": str(new_id())}
        first = await ann.do("POST", path, {}, headers=headers)
        async with engine.begin() as connection:
            await connection.execute(
                text("update idempotency_keys set at = at - interval '8 days' where caller = :me"), {"me": str(ann.id)}
            )

        assert (await ann.do("POST", path, {}, headers=headers))["code"] != first["code"]
