"""Media was not there when it was told, or is the first to hear: it asks."""

import asyncio

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.media import Recording
from contracts.messaging import MemberLeft
from testkit.waiting import eventually

from .neighbours import Neighbours
from .people import Community, Json, Recorder, Refused, hear, logged, snowflake


class TestAMemberOfWhomNothingWasTold:
    async def test_sees_and_does_what_their_role_allows(self, home: Community) -> None:
        made = await home.request()

        seen = await home.ben.do("GET", "", space_id=str(home.space_id))

        assert [one["id"] for one in seen["items"]] == [made["id"]]
        with pytest.raises(Refused) as refused:
            await home.ben.do("POST", f"/{made['id']}/stop")
        assert refused.value.code == "forbidden"

    async def test_is_asked_about_once(self, home: Community, neighbours: Neighbours) -> None:
        for _ in range(3):
            await home.ben.do("GET", "", space_id=str(home.space_id))

        about_people = [one for one in neighbours.asked if one.startswith("/internal/people/")]
        assert about_people == [f"/internal/people/{home.ben.id}/spaces"]

    async def test_who_is_none_sees_nothing(self, home: Community) -> None:
        with pytest.raises(Refused) as refused:
            await home.eve.do("GET", "", space_id=str(home.space_id))

        assert refused.value.code == "not_found"

    async def test_may_watch(self, home: Community, recorder: Recorder, asking: httpx.AsyncClient) -> None:
        recorder.client = asking

        page = await recorder.do("GET", "/internal/log", topic=f"recordings:{home.space_id}", audience="true")

        assert set(page["audience"]) == {str(home.ann.id), str(home.ben.id)}
        assert page["depends_on"] == f"space:{home.space_id}"

    async def test_is_none_any_more_once_that_is_told(self, home: Community, engine: AsyncEngine) -> None:
        await home.ben.do("GET", "", space_id=str(home.space_id))

        await hear(engine, MemberLeft(space_id=home.space_id, user_id=home.ben.id))

        with pytest.raises(Refused) as refused:
            await home.ben.do("GET", "", space_id=str(home.space_id))
        assert refused.value.code == "not_found"

    async def test_who_left_while_that_was_asked_is_none(
        self, home: Community, neighbours: Neighbours, engine: AsyncEngine
    ) -> None:
        asked = f"/internal/people/{home.ben.id}/spaces"

        async def is_asked() -> bool:
            return asked in neighbours.asked

        neighbours.answers.clear()
        looking = asyncio.create_task(home.ben.ask("GET", "", space_id=str(home.space_id)))
        await eventually(is_asked)
        del neighbours.members[home.space_id][home.ben.id]
        async with asyncio.timeout(1.5):  # nothing waits for who is asked
            await hear(engine, MemberLeft(space_id=home.space_id, user_id=home.ben.id))
        neighbours.answers.set()

        assert (await looking).status_code == 404
        assert (await home.ben.ask("GET", "", space_id=str(home.space_id))).status_code == 404

    async def test_is_not_known_while_messaging_is_away_and_is_when_it_is_back(
        self, home: Community, neighbours: Neighbours
    ) -> None:
        neighbours.away = True
        with pytest.raises(Refused) as refused:
            await home.ben.do("GET", "", space_id=str(home.space_id))
        neighbours.away = False

        assert refused.value.code == "not_found"
        assert await home.ben.do("GET", "", space_id=str(home.space_id))


class TestADiscordUserOfWhomNothingWasTold:
    async def test_is_whose_account_auth_says_it_is(self, home: Community, neighbours: Neighbours) -> None:
        made = await home.bot(home.ann.discord_id).do("POST", "", home.wanted())

        assert made["requested_by"] == str(home.ann.id)
        assert [(one.provider_user_id, one.on_behalf_by) for one in neighbours.acting] == [
            (home.ann.discord_id, "control-bot")
        ]

    async def test_without_an_account_is_told_how_to_link_one(self, home: Community) -> None:
        with pytest.raises(Refused) as refused:
            await home.bot(snowflake()).do("POST", "", home.wanted())

        assert refused.value.code in {"not_linked", "guild_not_linked"}

    async def test_may_record_in_a_server_that_was_linked_a_moment_ago(self, home: Community) -> None:
        headers = {"x-discord-manages-guild": home.guild_id}

        made = await home.bot(snowflake(), **headers).do("POST", "", home.wanted())

        assert made["space_id"] == str(home.space_id)


class TestTheChannelOfARecording:
    async def test_is_made_when_it_begins(
        self, home: Community, recorder: Recorder, asking: httpx.AsyncClient, neighbours: Neighbours
    ) -> None:
        recorder.client = asking
        made = await home.request(title="Game\tnight")

        await recorder.begin(made)

        shown = await self.with_channel(home, made)
        assert shown["channel_id"] == str(neighbours.channels[msgspec.convert(made, Recording, strict=False).id].id)
        assert neighbours.names.count("Gamenight") == 1, "other recordings of this database want theirs too"
        assert (await home.told())[2:] == ["recording_started", "recording_progressed"]

    async def test_is_made_once_messaging_is_back(
        self, home: Community, recorder: Recorder, asking: httpx.AsyncClient, neighbours: Neighbours
    ) -> None:
        recorder.client = asking
        made = await home.request()
        neighbours.away = True
        await recorder.begin(made)

        async def told() -> bool:
            return any(kind == "recording_started" for _, kind, _ in await logged(home.engine, self.topic(home)))

        await eventually(told)
        neighbours.away = False

        assert (await self.with_channel(home, made))["channel_id"]

    def topic(self, home: Community) -> str:
        return f"recordings:{home.space_id}"

    async def with_channel(self, home: Community, made: Json) -> Json:
        shown: Json = {}

        async def has_one() -> bool:
            shown.update(await home.show(made))
            return shown["channel_id"] is not None

        await eventually(has_one, seconds=20)
        return shown
