"""The realtime protocol, as a client meets it."""

from contracts.auth import Profile
from contracts.ids import ChannelId, MessageId, UserId, new_id
from contracts.messaging import MessagePosted
from contracts.times import now

from .conftest import Gateway
from .services import Services


def message(content: str = "hello") -> MessagePosted:
    author = Profile(id=UserId(new_id()), display_name="Ada")
    return MessagePosted(
        id=MessageId(new_id()), channel_id=ChannelId(new_id()), seq=1, author=author, content=content, created_at=now()
    )


class TestWatch:
    async def test_gives_missed_events_then_watched_then_what_is_new(
        self, gateway: Gateway, services: Services
    ) -> None:
        ada = services.person()
        services.open("channel:1", ada)
        services.write("channel:1", message("one"), message("two"), message("three"))
        client = await gateway.client(ada)

        await client.say("watch", topics={"channel:1": 1})
        frames = [await client.hear() for _ in range(3)]
        await services.tell("channel:1", message("four"))
        frames.append(await client.hear("event"))

        assert [(frame["op"], frame["seq"]) for frame in frames] == [
            ("event", 2), ("event", 3), ("watched", 3), ("event", 4),
        ]  # fmt: skip
        assert frames[-1]["type"] == "message_posted"
        assert frames[-1]["data"]["content"] == "four"
