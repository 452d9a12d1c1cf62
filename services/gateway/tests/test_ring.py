"""What was deleted or edited away is not replayed, whichever way it got into the ring."""

from typing import Any

import msgspec
import pytest
from aiohttp import web

from contracts.messaging import MessageDeleted, MessageEdited, MessagePosted
from contracts.times import now

from .conftest import Gateway
from .services import Person, Services
from .told import message

TOPIC = "channel:1"


def fields(posted: MessagePosted) -> dict[str, Any]:
    return msgspec.structs.asdict(posted)


def deleted(posted: MessagePosted) -> MessageDeleted:
    left: dict[str, Any] = fields(posted) | {"content": "", "deleted_at": now()}
    return MessageDeleted(**left)


def edited(posted: MessagePosted, content: str) -> MessageEdited:
    said: dict[str, Any] = fields(posted) | {"content": content, "rev": posted.rev + 1, "edited_at": now()}
    return MessageEdited(**said)


@pytest.fixture
def ada(services: Services) -> Person:
    ada = services.person()
    services.open(TOPIC, ada)
    return ada


async def replayed(gateway: Gateway, person: Person, count: int) -> list[tuple[str, str]]:
    """What somebody hears who watches from the beginning."""
    client = await gateway.client(person)
    await client.say("watch", topics={TOPIC: 0})
    told = [await client.hear("event") for _ in range(count)]
    await client.hear("watched")
    return [(one["type"], one["data"]["content"]) for one in told]


class TestAReplay:
    async def test_has_no_words_of_a_deleted_message(self, gateway: Gateway, services: Services, ada: Person) -> None:
        live = await gateway.client(ada)
        await live.watch(TOPIC, 0)
        secret, other = message("secret"), message("stays")

        await services.tell(TOPIC, secret, other, edited(secret, "secret too"), deleted(secret))
        heard = [(await live.hear("event"))["data"]["content"] for _ in range(4)]

        assert heard == ["secret", "stays", "secret too", ""]
        assert await replayed(gateway, ada, 4) == [
            ("message_posted", ""), ("message_posted", "stays"), ("message_edited", ""), ("message_deleted", ""),
        ]  # fmt: skip

    async def test_has_the_words_of_an_edited_message_as_they_are_now(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        live = await gateway.client(ada)
        await live.watch(TOPIC, 0)
        first = message("secret")

        await services.tell(TOPIC, first, edited(first, "calm"))
        for _ in range(2):
            await live.hear("event")

        assert await replayed(gateway, ada, 2) == [("message_posted", "calm"), ("message_edited", "calm")]

    async def test_has_none_from_a_page_that_was_read_before_the_deletion(
        self, gateway: Gateway, services: Services, ada: Person
    ) -> None:
        live = await gateway.client(ada)
        secret = message("secret")
        services.write(TOPIC, secret)
        await live.watch(TOPIC)

        async def overtake(_: web.Request) -> None:
            """The page is on its way; the deletion is faster."""
            services.before_answer = None
            await services.tell(TOPIC, deleted(secret))
            await live.hear("event")

        services.before_answer = overtake

        assert await replayed(gateway, ada, 2) == [("message_posted", ""), ("message_deleted", "")]
