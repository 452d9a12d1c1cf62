"""People at their keyboards: they type commands, press buttons, fill in forms, and read what comes back."""

from collections.abc import Callable
from typing import Any, TypeVar

from discord_sim import shapes, wire
from discord_sim.commands_typed import CannotType, command_data, resolve
from discord_sim.entities import Application, Channel, Json, Message, Permission, User
from discord_sim.fields import many
from discord_sim.interactions import Asked, Interaction, Interactions
from discord_sim.watching import until
from discord_sim.world import World

Found = TypeVar("Found")


class Handle:
    """An interaction in the hands of the person who began it: what came of it, and waiting for more."""

    def __init__(self, interaction: Interaction, interactions: Interactions) -> None:
        self.interaction = interaction
        self._interactions = interactions

    @property
    def response(self) -> Message | None:
        return self.interaction.response

    @property
    def follow_ups(self) -> list[Message]:
        return self.interaction.follow_ups

    @property
    def acknowledged_after(self) -> float | None:
        """Seconds until the bot acknowledged."""
        return self.interaction.acknowledged_after

    @property
    def failed(self) -> bool:
        """The person reads "The application did not respond"."""
        return self._interactions.expired(self.interaction)

    async def until(self, predicate: Callable[[Interaction], Found], *, seconds: float = 20.0) -> Found:
        return await until(self._interactions.world, lambda: predicate(self.interaction), seconds=seconds)

    async def acknowledged(self, *, seconds: float = 3.5) -> Interaction:
        await self.until(lambda interaction: interaction.answered_by is not None, seconds=seconds)
        return self.interaction

    async def answered(self, *, seconds: float = 20.0) -> Message:
        """The first answer that can be read."""
        found = await self.until(lambda interaction: interaction.response, seconds=seconds)
        assert found
        return found

    async def followed_up(self, count: int = 1, *, seconds: float = 20.0) -> list[Message]:
        await self.until(lambda interaction: len(interaction.follow_ups) >= count, seconds=seconds)
        return self.interaction.follow_ups

    async def chosen_from(self, *, seconds: float = 3.0) -> list[Json]:
        """What autocomplete offers."""
        return await self.until(lambda interaction: interaction.choices, seconds=seconds) or []

    async def asked_for(self, *, seconds: float = 3.5) -> Json:
        """The form that opens."""
        return await self.until(lambda interaction: interaction.modal, seconds=seconds) or {}

    def repeat(self) -> None:
        """Discord delivers the same interaction once more."""
        self._interactions.repeat(self.interaction)


class Person:
    """One account, used by somebody."""

    def __init__(self, user: User, interactions: Interactions) -> None:
        self.user = user
        self._interactions = interactions
        self._world: World = interactions.world

    def types(
        self, channel: Channel, line: str, /, *, application: Application | None = None, **options: Any
    ) -> Handle:
        """`types(channel, "/record start", title="Meeting")`; ids or entities for people, roles and channels."""
        names = line.removeprefix("/").split()
        owner, command = self._command(channel, names[0], application=application)
        data = command_data(self._world, command, path=names[1:], given=options, guild_id=channel.guild_id)
        return self._begin(Asked.COMMAND, owner, channel, data=data)

    def completes(
        self,
        channel: Channel,
        line: str,
        option: str,
        text: str,
        /,
        *,
        application: Application | None = None,
        **options: Any,
    ) -> Handle:
        """Half-way through an option: what does the bot offer?"""
        names = line.removeprefix("/").split()
        owner, command = self._command(channel, names[0], application=application)
        given = options | {option: text}
        data = command_data(
            self._world, command, path=names[1:], given=given, guild_id=channel.guild_id, focused=option
        )
        return self._begin(Asked.AUTOCOMPLETE, owner, channel, data=data)

    def presses(self, message: Message, custom_id: str) -> Handle:
        return self._uses(message, custom_id, values=None)

    def selects(self, message: Message, custom_id: str, *values: str) -> Handle:
        return self._uses(message, custom_id, values=list(values))

    def submits(self, form: Handle, **answers: str) -> Handle:
        """Fill in the form that an earlier act opened; answers by custom id."""
        asked = form.interaction
        if asked.modal is None:
            raise CannotType("No form was opened")
        inputs = {
            each["custom_id"]: each for each in shapes.walk(many(asked.modal, "components")) if "custom_id" in each
        }
        if strange := answers.keys() - inputs.keys():
            raise CannotType(f"No such field: {', '.join(sorted(strange))}")
        data = {"custom_id": asked.modal["custom_id"], "components": _filled(asked.modal, answers)}
        channel = self._world.channel(asked.channel_id)
        return self._begin(Asked.MODAL, asked.application, channel, data=data, source=asked.source, opened_by=asked)

    def says(self, channel: Channel, content: str) -> Message:
        return self._world.say(channel.id, author=self.user, content=content)

    def reads(self, channel: Channel) -> list[Message]:
        """The channel as this person sees it, oldest first: others' ephemeral messages are not there."""
        return [each for each in self._world.messages.get(channel.id, {}).values() if self._sees(each)]

    def _sees(self, message: Message) -> bool:
        return message.seen_by in {None, self.user.id}

    def _command(self, channel: Channel, name: str, *, application: Application | None) -> tuple[Application, Json]:
        for owner in [application] if application else self._applications(channel):
            for scope in (channel.guild_id, None):
                for command in owner.commands.get(scope, []):
                    if command["name"] == name and self._may_use(command, channel):
                        return owner, command
        raise CannotType(f"{self.user.name} has no command /{name} here")

    def _applications(self, channel: Channel) -> list[Application]:
        members = self._world.guild(channel.guild_id).members if channel.guild_id else {}
        return [each for each in self._world.applications.values() if each.id in members or channel.guild_id is None]

    def _may_use(self, command: Json, channel: Channel) -> bool:
        needed = int(command.get("default_member_permissions") or 0)
        granted = self._world.permissions(self.user.id, channel=channel)
        return bool(granted & Permission.VIEW_CHANNEL) and granted & needed == needed

    def _uses(self, message: Message, custom_id: str, *, values: list[str] | None) -> Handle:
        component = next((each for each in shapes.walk(message.components) if each.get("custom_id") == custom_id), None)
        if component is None or not self._sees(message):
            raise CannotType(f"There is no {custom_id!r} to use")
        if component.get("disabled"):
            raise CannotType(f"{custom_id!r} is disabled")
        data: Json = {"custom_id": custom_id, "component_type": component["type"], "id": component.get("id", 0)}
        if values is not None:
            data["values"] = values
            if component["type"] != shapes.STRING_SELECT:
                resolved: Json = {}
                for value in values:
                    resolve(self._world, int(value), guild_id=message.guild_id, into=resolved)
                data["resolved"] = resolved
        application = self._world.applications[message.author.id]
        channel = self._world.channel(message.channel_id)
        return self._begin(Asked.COMPONENT, application, channel, data=data, source=message)

    def _begin(
        self,
        kind: Asked,
        application: Application,
        channel: Channel,
        *,
        data: Json,
        source: Message | None = None,
        opened_by: Interaction | None = None,
    ) -> Handle:
        world = self._world
        interaction_id, token = world.snowflakes.new(), world.secret(32)
        payload: Json = {
            "id": str(interaction_id),
            "application_id": str(application.id),
            "type": int(kind),
            "data": data,
            "token": token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": wire.channel(channel) | {"permissions": str(world.permissions(self.user.id, channel=channel))},
            "locale": self.user.locale,
            "entitlements": [],
            "attachment_size_limit": 10 * 1024 * 1024,
            "app_permissions": str(world.permissions(application.id, channel=channel)),
            **self._place(channel),
        }
        if source:
            payload["message"] = wire.message(source, viewer=application.id)
        interaction = Interaction(
            id=interaction_id,
            token=token,
            kind=kind,
            application=application,
            user=self.user,
            channel_id=channel.id,
            guild_id=channel.guild_id,
            payload=payload,
            born=world.clock(),
            source=source,
            opened_by=opened_by,
        )
        return Handle(self._interactions.begin(interaction), self._interactions)

    def _place(self, channel: Channel) -> Json:
        """Where it happened: a guild and a member of it, or a direct channel and a user."""
        if channel.guild_id is None:
            return {"user": wire.user(self.user), "context": 1, "authorizing_integration_owners": {"0": "0"}}
        guild = self._world.guild(channel.guild_id)
        permissions = str(self._world.permissions(self.user.id, channel=channel))
        member = self._world.member(guild.id, user_id=self.user.id)
        return {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "features": [], "locale": guild.locale},
            "guild_locale": guild.locale,
            "member": wire.member(member) | {"permissions": permissions},
            "context": 0,
            "authorizing_integration_owners": {"0": str(guild.id)},
        }


def _filled(modal: Json, answers: dict[str, str]) -> list[Json]:
    """The form's components as they come back: the same tree, with values in its inputs."""

    def fill(component: Json) -> Json:
        kept = {name: component[name] for name in ("type", "id", "custom_id") if name in component}
        if "custom_id" in component:
            kept["value"] = answers.get(component["custom_id"], component.get("value") or "")
        if "components" in component:
            kept["components"] = [fill(each) for each in many(component, "components")]
        if "component" in component:
            kept["component"] = fill(component["component"])
        return kept

    return [fill(each) for each in many(modal, "components")]
