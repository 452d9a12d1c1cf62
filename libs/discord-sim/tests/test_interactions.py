"""Commands, buttons and forms: what a bot may answer, how often, and for how long."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from discord_sim.commands_typed import CannotType
from discord_sim.interactions import EPHEMERAL, LOADING
from discord_sim.people import Handle
from discord_sim.stage import Stage

Rest = Callable[..., Awaitable[Any]]

COMMANDS: list[dict[str, Any]] = [
    {
        "name": "record",
        "description": "Recording",
        "options": [
            {
                "type": 1,
                "name": "start",
                "description": "Start",
                "options": [
                    {"type": 3, "name": "title", "description": "Title", "required": True, "autocomplete": True},
                    {"type": 6, "name": "speaker", "description": "Speaker"},
                ],
            }
        ],
    },
    {"name": "status", "description": "Status"},
    {"name": "forget", "description": "For managers", "default_member_permissions": "32"},
]
BUTTON = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Stop", "custom_id": "stop"}]}


@pytest.fixture(autouse=True)
async def registered(scene: Stage, rest: Rest) -> None:
    reply = await rest("PUT", f"/applications/{scene.bot.id}/commands", COMMANDS)
    assert reply.status == 200


@pytest.fixture
def answer(rest: Rest) -> Callable[..., Awaitable[Any]]:
    async def give(handle: Handle, kind: int, data: dict[str, Any] | None = None, **more: Any) -> Any:
        path = f"/interactions/{handle.interaction.id}/{handle.interaction.token}/callback"
        return await rest("POST", path, {"type": kind, "data": data or {}}, **more)

    return give


def hook(handle: Handle, rest_of: str = "") -> str:
    return f"/webhooks/{handle.interaction.application.id}/{handle.interaction.token}{rest_of}"


class TestTyping:
    def test_makes_an_interaction_with_options_and_what_they_mean(self, scene: Stage) -> None:
        ada, bela = scene.person("ada", locale="de"), scene.person("bela")

        payload = ada.types(scene.text, "/record start", title="Meeting", speaker=bela.user).interaction.payload

        start = payload["data"]["options"][0]
        assert (payload["type"], payload["data"]["name"], start["name"]) == (2, "record", "start")
        assert start["options"][0] == {"name": "title", "type": 3, "value": "Meeting"}
        assert start["options"][1]["value"] == str(bela.user.id)
        assert payload["data"]["resolved"]["users"][str(bela.user.id)]["username"] == "bela"
        assert (payload["locale"], payload["guild_locale"]) == ("de", "en-US")
        assert payload["member"]["user"]["id"] == str(ada.user.id)

    @pytest.mark.parametrize(
        ("line", "options"),
        [
            ("/unknown", {}),
            ("/record", {}),
            ("/record stop", {}),
            ("/record start", {}),
            ("/record start", {"title": 3}),
            ("/record start", {"title": "x", "colour": "red"}),
            ("/forget", {}),
        ],
    )
    def test_is_limited_to_what_discord_offers(self, scene: Stage, line: str, options: dict[str, Any]) -> None:
        ada = scene.person("ada")

        with pytest.raises(CannotType):
            ada.types(scene.text, line, **options)


class TestAcknowledge:
    async def test_shows_the_answer_in_the_channel(self, scene: Stage, answer: Rest) -> None:
        ada, bela = scene.person("ada"), scene.person("bela")
        handle = ada.types(scene.text, "/status")

        reply = await answer(handle, 4, {"content": "All well"})

        assert (reply.status, reply.body) == (204, None)
        assert [message.content for message in bela.reads(scene.text)] == ["All well"]

    async def test_tells_about_the_message_when_asked(self, scene: Stage, answer: Rest) -> None:
        handle = scene.person("ada").types(scene.text, "/status")

        reply = await answer(handle, 5, {"flags": EPHEMERAL}, params={"with_response": "true"})

        assert reply.status == 200
        assert reply.body["interaction"]["response_message_loading"] is True
        assert reply.body["resource"]["message"]["flags"] == EPHEMERAL | LOADING

    async def test_shows_an_ephemeral_answer_to_one_person_only(self, scene: Stage, answer: Rest) -> None:
        ada, bela = scene.person("ada"), scene.person("bela")

        await answer(ada.types(scene.text, "/status"), 4, {"content": "Just you", "flags": EPHEMERAL})

        assert [message.content for message in ada.reads(scene.text)] == ["Just you"]
        assert bela.reads(scene.text) == []

    async def test_works_once_even_when_the_interaction_is_delivered_again(self, scene: Stage, answer: Rest) -> None:
        handle = scene.person("ada").types(scene.text, "/status")
        await answer(handle, 4, {"content": "First"})
        handle.repeat()

        reply = await answer(handle, 4, {"content": "Second"})

        assert (reply.status, reply.body["code"]) == (400, 40060)
        assert handle.response
        assert handle.response.content == "First"

    async def test_is_too_late_after_three_seconds(self, scene: Stage, answer: Rest, clock: Any) -> None:
        handle = scene.person("ada").types(scene.text, "/status")
        clock.now += 3.1

        reply = await answer(handle, 4, {"content": "Sorry"})

        assert (reply.status, reply.body["code"]) == (404, 10062)
        assert handle.failed

    @pytest.mark.parametrize("kind", [1, 6, 7, 8, 99, None])
    async def test_refuses_kinds_that_do_not_answer_a_command(self, scene: Stage, answer: Rest, kind: int) -> None:
        handle = scene.person("ada").types(scene.text, "/status")

        reply = await answer(handle, kind)

        assert (reply.status, reply.body["code"]) == (400, 50035)
        assert handle.interaction.answered_by is None

    async def test_refuses_an_empty_message(self, scene: Stage, answer: Rest) -> None:
        reply = await answer(scene.person("ada").types(scene.text, "/status"), 4, {"content": ""})

        assert (reply.status, reply.body["code"]) == (400, 50006)


class TestFollowUp:
    async def test_the_first_one_takes_the_place_of_thinking(self, scene: Stage, answer: Rest, rest: Rest) -> None:
        handle = scene.person("ada").types(scene.text, "/status")
        await answer(handle, 5, {"flags": EPHEMERAL})

        await rest("POST", hook(handle), {"content": "Done"})

        assert handle.response
        assert (handle.response.content, handle.response.flags) == ("Done", EPHEMERAL)
        assert handle.follow_ups == []

    async def test_others_are_messages_of_their_own(self, scene: Stage, answer: Rest, rest: Rest) -> None:
        ada, bela = scene.person("ada"), scene.person("bela")
        handle = ada.types(scene.text, "/status")
        await answer(handle, 4, {"content": "One"})

        made = await rest("POST", hook(handle), {"content": "Two", "flags": EPHEMERAL})
        await rest("PATCH", hook(handle, f"/messages/{made.body['id']}"), {"content": "Two!"})

        assert [message.content for message in ada.reads(scene.text)] == ["One", "Two!"]
        assert [message.content for message in bela.reads(scene.text)] == ["One"]

    async def test_every_edit_of_the_answer_is_kept(self, scene: Stage, answer: Rest, rest: Rest) -> None:
        handle = scene.person("ada").types(scene.text, "/status")
        await answer(handle, 5)

        for content in ("1", "2"):
            await rest("PATCH", hook(handle, "/messages/@original"), {"content": content})

        assert [version.content for version in handle.interaction.versions] == ["1", "2"]
        assert (await rest("GET", hook(handle, "/messages/@original"))).body["content"] == "2"

    async def test_the_answer_can_be_taken_back(self, scene: Stage, answer: Rest, rest: Rest) -> None:
        ada = scene.person("ada")
        handle = ada.types(scene.text, "/status")
        await answer(handle, 4, {"content": "Oops"})

        reply = await rest("DELETE", hook(handle, "/messages/@original"))

        assert reply.status == 204
        assert ada.reads(scene.text) == []
        assert (await rest("GET", hook(handle, "/messages/@original"))).body["code"] == 10008

    async def test_needs_an_acknowledgement_first(self, scene: Stage, rest: Rest) -> None:
        reply = await rest("POST", hook(scene.person("ada").types(scene.text, "/status")), {"content": "Early"})

        assert (reply.status, reply.body["code"]) == (404, 10015)

    async def test_ends_after_fifteen_minutes(self, scene: Stage, answer: Rest, rest: Rest, clock: Any) -> None:
        handle = scene.person("ada").types(scene.text, "/status")
        await answer(handle, 5)
        clock.now += 15 * 60 + 1

        reply = await rest("PATCH", hook(handle, "/messages/@original"), {"content": "Late"})

        assert (reply.status, reply.body["code"]) == (401, 50027)


class TestPress:
    async def test_updates_the_message_with_the_button(self, scene: Stage, answer: Rest) -> None:
        ada = scene.person("ada")
        panel = ada.types(scene.text, "/status")
        await answer(panel, 4, {"content": "Running", "components": [BUTTON]})
        assert panel.response

        press = ada.presses(panel.response, "stop")
        await answer(press, 7, {"content": "Stopped", "components": []})

        assert press.interaction.payload["message"]["content"] == "Running"
        assert [message.content for message in ada.reads(scene.text)] == ["Stopped"]
        with pytest.raises(CannotType):
            ada.presses(panel.response, "stop")

    async def test_is_not_possible_on_what_one_does_not_see(self, scene: Stage, answer: Rest) -> None:
        panel = scene.person("ada").types(scene.text, "/status")
        await answer(panel, 4, {"content": "Mine", "components": [BUTTON], "flags": EPHEMERAL})
        assert panel.response

        with pytest.raises(CannotType):
            scene.person("bela").presses(panel.response, "stop")


class TestForm:
    async def test_comes_back_filled_in(self, scene: Stage, answer: Rest) -> None:
        ada = scene.person("ada")
        handle = ada.types(scene.text, "/status")
        field = {"type": 4, "custom_id": "text", "style": 1, "label": "Note"}
        await answer(
            handle, 9, {"title": "Note", "custom_id": "note", "components": [{"type": 1, "components": [field]}]}
        )

        form = ada.submits(handle, text="Hello")
        await answer(form, 4, {"content": "Noted"})

        data = form.interaction.payload["data"]
        assert (form.interaction.payload["type"], data["custom_id"]) == (5, "note")
        assert data["components"][0]["components"][0]["value"] == "Hello"
        assert (await form.answered()).content == "Noted"


class TestAutocomplete:
    async def test_asks_for_the_focused_option_and_shows_the_choices(self, scene: Stage, answer: Rest) -> None:
        handle = scene.person("ada").completes(scene.text, "/record start", "title", "Me")

        await answer(handle, 8, {"choices": [{"name": "Meeting", "value": "Meeting"}]})

        option = handle.interaction.payload["data"]["options"][0]["options"][0]
        assert option == {"name": "title", "type": 3, "value": "Me", "focused": True}
        assert await handle.chosen_from() == [{"name": "Meeting", "value": "Meeting"}]
