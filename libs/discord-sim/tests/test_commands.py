"""Registering commands: what stays the same, what is refused, and who sees translations."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from discord_sim.stage import Stage

Rest = Callable[..., Awaitable[Any]]

STATUS: dict[str, Any] = {
    "name": "status",
    "description": "How is it going",
    "name_localizations": {"de": "lage"},
    "description_localizations": {"de": "Wie es steht"},
}


class TestBulkOverwrite:
    async def test_keeps_what_has_not_changed(self, scene: Stage, rest: Rest) -> None:
        path = f"/applications/{scene.bot.id}/commands"
        first = (await rest("PUT", path, [STATUS, {"name": "help", "description": "Help"}])).body

        second = (await rest("PUT", path, [STATUS, {"name": "help", "description": "Help me"}])).body

        assert second[0] == first[0]
        assert second[1]["id"] == first[1]["id"]
        assert second[1]["version"] != first[1]["version"]

    async def test_removes_what_is_not_named(self, scene: Stage, rest: Rest) -> None:
        path = f"/applications/{scene.bot.id}/commands"
        await rest("PUT", path, [STATUS])

        await rest("PUT", path, [])

        assert (await rest("GET", path)).body == []

    async def test_keeps_guild_commands_apart(self, scene: Stage, rest: Rest) -> None:
        path = f"/applications/{scene.bot.id}/guilds/{scene.guild.id}/commands"

        made = await rest("PUT", path, [STATUS])

        assert made.body[0]["guild_id"] == str(scene.guild.id)
        assert (await rest("GET", f"/applications/{scene.bot.id}/commands")).body == []

    async def test_shows_translations_to_who_asks(self, scene: Stage, rest: Rest) -> None:
        path = f"/applications/{scene.bot.id}/commands"
        await rest("PUT", path, [STATUS])

        plain = (await rest("GET", path)).body[0]
        full = (await rest("GET", path, params={"with_localizations": "true"})).body[0]

        assert "name_localizations" not in plain
        assert full["name_localizations"] == {"de": "lage"}

    async def test_of_another_application_is_forbidden(self, scene: Stage, rest: Rest) -> None:
        other = scene.sim.world.add_bot("other")

        reply = await rest("PUT", f"/applications/{other.id}/commands", [STATUS])

        assert reply.status == 403

    @pytest.mark.parametrize(
        ("command", "path"),
        [
            (STATUS | {"name": "Status"}, "0.name"),
            (STATUS | {"name": "two words"}, "0.name"),
            (STATUS | {"description": ""}, "0.description"),
            (STATUS | {"description": "x" * 101}, "0.description"),
            (STATUS | {"name_localizations": {"xx": "status"}}, "0.name_localizations.xx"),
            (STATUS | {"options": [{"type": 12, "name": "a", "description": "a"}]}, "0.options.0.type"),
            (
                STATUS
                | {
                    "options": [
                        {"type": 3, "name": "a", "description": "a"},
                        {"type": 3, "name": "b", "description": "b", "required": True},
                    ]
                },
                "0.options.1",
            ),
        ],
    )
    async def test_refuses_it_all_for_one_mistake(
        self, scene: Stage, rest: Rest, command: dict[str, Any], path: str
    ) -> None:
        reply = await rest("PUT", f"/applications/{scene.bot.id}/commands", [command])

        assert (reply.status, reply.body["code"]) == (400, 50035)
        node = reply.body["errors"]
        for step in path.split("."):
            node = node[step]
        assert node["_errors"]
        assert scene.bot.commands == {}

    async def test_refuses_a_name_twice(self, scene: Stage, rest: Rest) -> None:
        reply = await rest("PUT", f"/applications/{scene.bot.id}/commands", [STATUS, STATUS])

        assert reply.body["errors"]["1"]["name"]["_errors"][0]["code"] == "APPLICATION_COMMANDS_DUPLICATE_NAME"


class TestOneCommand:
    async def test_is_added_changed_and_removed(self, scene: Stage, rest: Rest) -> None:
        path = f"/applications/{scene.bot.id}/commands"

        made = await rest("POST", path, STATUS)
        changed = await rest("PATCH", f"{path}/{made.body['id']}", {"description": "Better"})
        removed = await rest("DELETE", f"{path}/{made.body['id']}")
        gone = await rest("GET", f"{path}/{made.body['id']}")

        assert made.status == 201
        assert (changed.body["id"], changed.body["description"]) == (made.body["id"], "Better")
        assert (removed.status, gone.status, gone.body["code"]) == (204, 404, 10063)
