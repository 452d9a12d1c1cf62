"""How an endpoint is written down: a function of a `Call`, marked with its method and path."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec

from discord_sim import permissions
from discord_sim.entities import Application, Channel, Guild, Json, Permission, User
from discord_sim.fields import an_object
from discord_sim.interactions import Interactions
from discord_sim.oauth import Grant
from discord_sim.refusals import invalid_body, missing_access, missing_permissions, unauthorized
from discord_sim.world import World


class Auth(Enum):
    """Who may call: a bot, a person through OAuth2, either, or the holder of the token in the path."""

    BOT = "bot"
    BEARER = "bearer"
    ANY = "any"
    PATH = "path"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, read and authenticated."""

    world: World
    interactions: Interactions
    gateway_url: str
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    bot: Application | None = None
    grant: Grant | None = None

    def id(self, name: str) -> int:
        value = self.path[name]
        if not value.isdecimal() or len(value) > 20:
            raise invalid_body({name: ("NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')})
        return int(value)

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        value = self.query.get(name, str(default))
        if not value.isdecimal() or not least <= int(value) <= most:
            raise invalid_body({name: ("NUMBER_TYPE_MAX", f"int value should be between {least} and {most}.")})
        return int(value)

    def wants(self, name: str) -> bool:
        """A yes in the query, however a library spells it."""
        return self.query.get(name, "").lower() in {"true", "1"}

    @property
    def me(self) -> User:
        return self.application.bot

    @property
    def application(self) -> Application:
        if self.bot is None:
            raise unauthorized()
        return self.bot

    @property
    def fields(self) -> Json:
        """The body, which has to be an object."""
        return an_object(self.body)

    def guild(self, *needed: Permission) -> Guild:
        """The guild in the path, where the bot is a member and has every permission that it needs."""
        guild = self.world.guild(self.id("guild"))
        member = guild.members.get(self.me.id)
        if member is None:
            raise missing_access()
        granted = permissions.in_guild(guild, member=member)
        if any(not granted & permission for permission in needed):
            raise missing_permissions()
        return guild

    def channel(self, *needed: Permission) -> Channel:
        """The channel in the path, where the bot sees it and has every permission that it needs."""
        channel = self.world.channel(self.id("channel"))
        granted = self.world.permissions(self.me.id, channel=channel)
        if not granted & Permission.VIEW_CHANNEL:
            raise missing_access()
        if any(not granted & permission for permission in needed):
            raise missing_permissions()
        return channel


Answer = Json | list[Any] | None
Handler = Callable[[Call], Answer]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    path: str
    handler: Handler
    auth: Auth
    status: int


class Routes:
    """The endpoints of one area."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def __call__(self, line: str, *, auth: Auth = Auth.BOT, status: int = 200) -> Callable[[Handler], Handler]:
        """`@route("GET /channels/{channel}")`."""
        method, path = line.split(" ")

        def keep(handler: Handler) -> Handler:
            self.all.append(Route(method=method, path=path, handler=handler, auth=auth, status=status))
            return handler

        return keep
