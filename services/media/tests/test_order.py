"""What other services tell reaches two copies of media in any order, and more than once: what is kept is the newest."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.auth import IdentityLinked, IdentityUnlinked
from contracts.events import Envelope, Event
from contracts.ids import ChannelId, new_id
from contracts.messaging import (
    MemberJoined,
    MemberLeft,
    MemberUpdated,
    MessageDeleted,
    MessagePosted,
    Role,
    SpaceUpdated,
)
from contracts.times import now
from media.events import projection
from media.store import people
from streams.consumer import once

from .files import a_png, attach, message, upload, used_bytes
from .people import Asking, Community, Json, snowflake


def topic_of(name: str, *events: Event) -> list[Envelope]:
    """A topic on which these were told, in this order."""
    topic = f"{name}:{new_id()}"
    return [
        Envelope(id=new_id(), type=one.TYPE, topic=topic, seq=seq, at=now(), data=msgspec.Raw(msgspec.json.encode(one)))
        for seq, one in enumerate(events, 1)
    ]


def history(community: Community, shown: Json, channel_id: ChannelId, guild_id: str) -> list[Envelope]:
    """In the end Ben has left, Eve is a moderator, the guild is this one, Ann's account is her own no more, and nothing
    shows the upload."""
    at, space_id, posted = now(), community.space_id, message(channel_id, shown)
    space: dict[str, Any] = {"id": space_id, "name": "Home", "created_at": at}
    ben: dict[str, Any] = {"space_id": space_id, "user": community.ben.profile, "joined_at": at}
    eve: dict[str, Any] = {"space_id": space_id, "user": community.eve.profile, "joined_at": at}
    account: dict[str, Any] = {
        "user_id": community.ann.id,
        "provider": "discord",
        "provider_user_id": community.ann.discord_id,
        "at": at,
    }
    return [
        *topic_of(
            "space",
            SpaceUpdated(**space, guild_id=snowflake()),
            MemberJoined(**ben, role=Role.MEMBER),
            MemberUpdated(**ben, role=Role.MODERATOR),
            MemberJoined(**eve, role=Role.MEMBER),
            MemberLeft(space_id=space_id, user_id=community.ben.id),
            MemberUpdated(**eve, role=Role.MODERATOR),
            SpaceUpdated(**space, guild_id=guild_id),
        ),
        *topic_of("channel", MessagePosted(**posted), MessageDeleted(**posted)),
        *topic_of("user", IdentityLinked(**account), IdentityUnlinked(**account)),
    ]


async def deliver(engine: AsyncEngine, envelopes: Sequence[Envelope]) -> None:
    """To one copy, which handles one after the other."""
    effect = once(engine, reader="media", projection=projection)
    for one in envelopes:
        await effect(one)


@pytest.mark.parametrize("seed", range(8))
async def test_the_newest_is_kept_whatever_the_order(
    community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, messaging: Asking, seed: int
) -> None:
    source = random.Random(seed)
    shown = await upload(community.ben, http, community.space_id, a_png())
    channel_id, guild_id = ChannelId(new_id()), snowflake()
    await attach(messaging, community, channel_id, shown)
    told = history(community, shown, channel_id, guild_id)
    twice = [*told, *told]
    source.shuffle(twice)
    cut = source.randrange(len(twice))

    await asyncio.gather(deliver(engine, twice[:cut]), deliver(engine, twice[cut:]))

    async with engine.connect() as connection:
        assert await people.membership(connection, community.space_id, community.ben.id) is None
        assert await people.membership(connection, community.space_id, community.eve.id) is Role.MODERATOR
        assert await people.guild_of(connection, community.space_id) == guild_id
        assert await people.user_of(connection, community.ann.discord_id) is None
    assert await used_bytes(engine, community.space_id) == 0
