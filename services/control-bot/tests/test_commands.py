"""What people type, and what they read."""

from typing import Any

import httpx
import pytest

from contracts.ids import SpaceId, new_id
from contracts.media import RecordingState
from contracts.messaging import Space
from contracts.problems import Forbidden, InvalidInput
from discord_sim.entities import ChannelKind, Overwrite, Permission
from discord_sim.interactions import EPHEMERAL
from discord_sim.people import Handle, Person
from discord_sim.stage import Stage

from .stand_in import NOW, StandIn

SPACE = Space(id=SpaceId(new_id()), name="Book club", created_at=NOW)


async def told(handle: Handle) -> str:
    """What only the person reads."""
    answer = await handle.answered()
    assert answer.flags & EPHEMERAL
    return answer.content


def manager(scene: Stage, *, locale: str = "en-US") -> Person:
    user = scene.sim.world.add_user("mo", locale=locale)
    member = scene.sim.world.join_guild(scene.guild.id, user=user)
    role = scene.sim.world.add_role(scene.guild.id, name="managers", permissions=int(Permission.MANAGE_GUILD))
    member.roles.append(role.id)
    return scene.sim.person(user)


class TestRecordStart:
    async def test_asks_media_for_the_channel_the_person_is_in(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        handle = ada.types(scene.text, "/record start", title="Meeting")
        text = await told(handle)

        [call] = services.made("POST", "/recordings")
        assert str(scene.voice.id) in text
        assert call.body == {
            "guild_id": str(scene.guild.id),
            "voice_channel_id": str(scene.voice.id),
            "text_channel_id": str(scene.text.id),
            "title": "Meeting",
        }
        assert call.headers["X-On-Behalf-Of-Discord"] == str(ada.user.id)
        assert call.headers["Authorization"] == "Bearer service-token"
        assert call.key == str(handle.interaction.id)
        assert "X-Discord-Manages-Guild" not in call.headers

    async def test_takes_a_named_channel(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        other = scene.sim.world.add_channel(scene.guild.id, name="Stage", kind=ChannelKind.STAGE)

        await told(ada.types(scene.text, "/record start", channel=other))

        assert services.calls[-1].body["voice_channel_id"] == str(other.id)

    async def test_says_of_managers_that_they_are(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn
    ) -> None:
        await told(manager(scene).types(scene.text, "/record start", channel=scene.voice))

        assert services.calls[-1].headers["X-Discord-Manages-Guild"] == str(scene.guild.id)

    async def test_promises_a_panel_only_where_the_bot_may_post_one(
        self, scene: Stage, bot: httpx.AsyncClient, ada: Person
    ) -> None:
        member = scene.guild.members[scene.bot.id]
        scene.guild.roles[member.roles[0]].permissions = 0

        promised = await told(ada.types(scene.text, "/record start"))
        scene.text.overwrites = (Overwrite(id=scene.guild.id, type=0, deny=int(Permission.SEND_MESSAGES)),)
        not_promised = await told(ada.types(scene.text, "/record start"))

        assert "The panel in this channel shows its progress" in promised
        assert "I may not post a panel in this channel" in not_promised

    async def test_asks_for_a_channel_when_there_is_none(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn
    ) -> None:
        text = await told(scene.person("ben").types(scene.text, "/record start"))

        assert "Join one" in text
        assert services.calls == []


class TestRecording:
    @pytest.mark.parametrize(("act", "word"), [("stop", "ended"), ("pause", "paused"), ("resume", "goes on")])
    async def test_is_moved(
        self, act: str, word: str, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        running = services.record(guild_id=scene.guild.id, channel_id=scene.voice.id)

        text = await told(ada.types(scene.text, f"/record {act}"))

        assert word in text
        assert len(services.made("POST", f"/recordings/{running.id}/{act}")) == 1

    async def test_is_noted(self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person) -> None:
        running = services.record(guild_id=scene.guild.id, channel_id=scene.voice.id)

        handle = ada.types(scene.text, "/record note", text="a good idea")
        text = await told(handle)

        [call] = services.made("POST", f"/recordings/{running.id}/notes")
        assert text == "Noted at 1:01."
        assert call.body == {"text": "a good idea"}
        assert call.key == str(handle.interaction.id)

    async def test_shows_its_state(self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person) -> None:
        services.record(guild_id=scene.guild.id, channel_id=scene.voice.id, state=RecordingState.PAUSED)

        assert "paused" in await told(ada.types(scene.text, "/record status"))

    async def test_has_to_be_named_when_there_are_several(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn
    ) -> None:
        ben = scene.person("ben")
        other = scene.sim.world.add_channel(scene.guild.id, name="Other", kind=ChannelKind.VOICE)
        services.record(guild_id=scene.guild.id, channel_id=scene.voice.id)
        meant = services.record(guild_id=scene.guild.id, channel_id=other.id)

        asked = await told(ben.types(scene.text, "/record stop"))
        await told(ben.types(scene.text, "/record stop", channel=other))

        assert str(other.id) in asked
        assert [call.path for call in services.calls if call.method == "POST"] == [
            f"/api/v1/recordings/{meant.id}/stop"
        ]

    async def test_must_run_to_be_stopped(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        services.record(guild_id=scene.guild.id, channel_id=scene.voice.id, state=RecordingState.READY)

        assert "Nothing is being recorded" in await told(ada.types(scene.text, "/record stop"))

    async def test_stands_in_the_list(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        empty = await told(ada.types(scene.text, "/recordings"))
        services.record(guild_id=scene.guild.id, channel_id=scene.voice.id, state=RecordingState.READY)
        one = await told(ada.types(scene.text, "/recordings"))

        assert "no recordings yet" in empty
        assert f"<#{scene.voice.id}>" in one
        assert services.calls[-1].params == {"guild_id": str(scene.guild.id), "limit": "10"}


class TestConsent:
    @pytest.mark.parametrize(("scope", "whole"), [({}, False), ({"for": "space"}, True)])
    async def test_is_a_speakers_own(
        self,
        scope: dict[str, Any],
        whole: bool,
        scene: Stage,
        bot: httpx.AsyncClient,
        services: StandIn,
        ada: Person,
    ) -> None:
        running = services.record(guild_id=scene.guild.id, channel_id=scene.voice.id)

        text = await told(ada.types(scene.text, "/consent", choice="opted_out", **scope))

        [call] = services.made("PUT", f"/recordings/{running.id}/consent")
        assert "not recorded" in text
        assert call.body == {"choice": "opted_out", "whole_space": whole}

    @pytest.mark.parametrize("state", [RecordingState.RECORDING, RecordingState.READY])
    async def test_may_be_to_have_ones_voice_erased(
        self, state: RecordingState, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        meant = services.record(guild_id=scene.guild.id, channel_id=scene.voice.id, state=state)

        text = await told(ada.types(scene.text, "/consent", choice="erase"))

        [call] = services.made("PUT", f"/recordings/{meant.id}/consent")
        assert f"<#{scene.voice.id}>" in text
        assert "erased for good" in text
        assert call.body == {"choice": "opted_out", "erase": True}

    async def test_erases_nothing_of_another_channel_than_the_one_that_is_named(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        other = scene.sim.world.add_channel(scene.guild.id, name="Other", kind=ChannelKind.VOICE)
        services.record(guild_id=scene.guild.id, channel_id=scene.voice.id, state=RecordingState.READY)

        text = await told(ada.types(scene.text, "/consent", choice="erase", channel=other))

        assert "Nothing is being recorded" in text
        assert services.made("PUT", "/consent") == []


class TestSpace:
    async def test_is_offered_and_linked(self, scene: Stage, bot: httpx.AsyncClient, services: StandIn) -> None:
        services.spaces = [SPACE]
        mo = manager(scene)

        [choice] = await mo.completes(scene.text, "/space link", "space", "book").chosen_from()
        text = await told(mo.types(scene.text, "/space link", space=choice["value"]))
        shown = await told(mo.types(scene.text, "/space status"))

        [call] = services.made("PATCH", f"/spaces/{SPACE.id}")
        assert choice["name"] == "Book club"
        assert call.body == {"guild_id": str(scene.guild.id)}
        assert "Book club" in text
        assert "Book club" in shown

    async def test_can_be_named(self, scene: Stage, bot: httpx.AsyncClient, services: StandIn) -> None:
        services.spaces = [SPACE]

        await told(manager(scene).types(scene.text, "/space link", space="book club"))
        text = await told(manager(scene).types(scene.text, "/space link", space="another"))

        assert len(services.made("PATCH", f"/spaces/{SPACE.id}")) == 1
        assert "no such space" in text

    async def test_is_linked_only_by_who_manages_the_server(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        text = await told(ada.types(scene.text, "/space link", space=str(SPACE.id)))

        assert "manage this Discord server" in text
        assert services.calls == []

    async def test_may_be_missing(self, scene: Stage, bot: httpx.AsyncClient, ada: Person) -> None:
        assert "not linked to a space" in await told(ada.types(scene.text, "/space status"))

    async def test_is_not_offered_by_a_service_that_does_not_answer(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        services.status = 503

        handle = ada.completes(scene.text, "/space link", "space", "b")
        interaction = await handle.acknowledged()

        assert interaction.choices == []


class TestLinkAndHelp:
    async def test_lead_to_the_browser(self, scene: Stage, bot: httpx.AsyncClient, ada: Person) -> None:
        answer = await ada.types(scene.text, "/link").answered()

        [button] = answer.components[0]["components"]
        assert answer.flags & EPHEMERAL
        assert button["url"] == f"https://guildhall.test/api/v1/auth/discord/link?discord_id={ada.user.id}"

    async def test_tell_who_may_do_what(self, scene: Stage, bot: httpx.AsyncClient, ada: Person) -> None:
        text = await told(ada.types(scene.text, "/help"))

        assert text.count("\n") == 11
        assert "`/record start` Record a voice channel (for moderators" in text


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "advice"),
        [
            ("not_linked", "/link"),
            ("guild_not_linked", "/space link"),
            ("already_recording", "already"),
            ("something_new", "A title. A detail"),
        ],
    )
    async def test_say_what_to_do(
        self, code: str, advice: str, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        problem = type("Refused", (Forbidden,), {"code": code, "title": "A title"})("A detail")
        services.refuse(problem)

        assert advice in await told(ada.types(scene.text, "/record start"))

    async def test_name_who_may(self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person) -> None:
        services.refuse(Forbidden("This needs the role moderator in the space; yours is member"))

        text = await told(ada.types(scene.text, "/record start"))

        assert "`/record start` is for moderators of the space" in text

    async def test_pass_on_what_is_wrong_with_the_input(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        services.refuse(InvalidInput("at most 3 letters"))

        assert "at most 3 letters" in await told(ada.types(scene.text, "/record start"))


class TestLanguages:
    async def test_follow_the_person(self, scene: Stage, bot: httpx.AsyncClient, services: StandIn) -> None:
        jo = scene.person("jo", locale="de")

        asked = await told(jo.types(scene.text, "/record start"))
        services.refuse(Forbidden())
        refused = await told(jo.types(scene.text, "/record start", channel=scene.voice))

        assert "Welcher Sprachkanal" in asked
        assert "`/record start` ist für Moderatoren" in refused

    async def test_are_told_to_discord(self, scene: Stage, bot: httpx.AsyncClient) -> None:
        [record] = [each for each in scene.bot.commands[None] if each["name"] == "record"]
        start = next(each for each in record["options"] if each["name"] == "start")

        assert start["description_localizations"]["de"] == "Einen Sprachkanal aufnehmen"
        assert {each["name"]: each["name_localizations"]["de"] for each in start["options"]} == {
            "channel": "kanal",
            "title": "titel",
        }
