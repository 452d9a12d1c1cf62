"""Everything that a simulated Discord is made of, wired together; what is served of it is added in `simulator`."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from discord_sim.certs import make_certificates
from discord_sim.entities import Guild, User
from discord_sim.faults import Faults
from discord_sim.files import Files
from discord_sim.gateway.server import Gateway, GatewaySettings
from discord_sim.interactions import Interactions
from discord_sim.oauth import OAuth
from discord_sim.oauth_pages import OAuthPages, location
from discord_sim.people import Person
from discord_sim.rest.limits import Limits, RateLimiter
from discord_sim.rest.server import Made, Rest
from discord_sim.voice.people import Person as Speaker
from discord_sim.voice.service import VoiceService
from discord_sim.watching import until
from discord_sim.world import World

Found = TypeVar("Found")

BODY_BYTES = 25 * 1024 * 1024


class Instance:
    """All of the simulator but the control API, which acts on it."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        gateway: GatewaySettings | None = None,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.host, self.port = host, port
        self.world = World(clock=clock, seed=seed)
        self.faults = Faults()
        self.interactions = Interactions(self.world)
        self.oauth = OAuth(self.world)
        self.files = Files(self.world.snowflakes)
        self.gateway = Gateway(
            self.world, faults=self.faults, settings=gateway or GatewaySettings(), url=lambda: self.ws_url
        )
        self.rest = Rest(
            self.world,
            interactions=self.interactions,
            oauth=self.oauth,
            limiter=RateLimiter(limits or Limits(), clock=clock),
            files=self.files,
            faults=self.faults,
            gateway_url=lambda: self.ws_url,
        )
        self._folder = tempfile.TemporaryDirectory(prefix="discord-sim-")
        self.certificates = make_certificates(Path(self._folder.name))
        self.voice = VoiceService(self.world, self.certificates)
        self.world.voice = self.voice
        self._speakers: dict[tuple[int, int], Speaker] = {}
        self._runner = self._serving()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def rest_url(self) -> str:
        """What libraries call the API's address, version included."""
        return f"{self.url}/api/v10"

    @property
    def ws_url(self) -> str:
        return f"ws://{self.host}:{self.port}/gateway"

    @property
    def calls(self) -> list[Made]:
        """Every REST request so far, oldest first."""
        return self.rest.calls

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port).start()
        await self.voice.start(self.host)
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self.gateway.stop()
        await self.voice.stop()
        await self._runner.cleanup()
        self._folder.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def person(self, who: User | str, *, guild: Guild | None = None, locale: str = "en-US") -> Person:
        """Somebody at a keyboard: a new account of this name, or the given one; a member of the guild."""
        user = self.world.add_user(who, locale=locale) if isinstance(who, str) else who
        if guild and user.id not in guild.members:
            self.world.join_guild(guild.id, user=user)
        return Person(user, self.interactions)

    def speaker(self, guild_id: int, *, user_id: int) -> Speaker:
        """The same somebody's voice client."""
        key = (guild_id, user_id)
        if key not in self._speakers:
            self._speakers[key] = Speaker(self.voice, guild_id=guild_id, user_id=user_id)
        return self._speakers[key]

    def agree(self, authorize_url: str, *, user: User, approve: bool = True) -> str:
        """Answer an OAuth2 authorization page for somebody; returns where their browser is sent."""
        asked = self.oauth.ask(dict(parse_qsl(urlsplit(authorize_url).query)))
        return location(asked, self.oauth.approve(asked, user=user) if approve else self.oauth.deny(asked))

    async def until(self, predicate: Callable[[], Found], *, seconds: float = 20.0) -> Found:
        """Wait for something to be so; asked again after every change of the world."""
        return await until(self.world, predicate, seconds=seconds)

    async def ready(self, bot_id: int, *, seconds: float = 30.0) -> None:
        """Wait until the bot has connected."""
        await self.until(lambda: self.gateway.is_ready(bot_id), seconds=seconds)

    def _more_routes(self) -> list[web.RouteDef]:
        return []

    def _serving(self) -> web.AppRunner:
        app = web.Application(client_max_size=BODY_BYTES)
        # OAuth2's endpoints lie below the API's prefix, so they come before what answers 404 there.
        app.add_routes(OAuthPages(self.oauth).routes())
        app.add_routes(self.rest.routes())
        app.add_routes(self.gateway.routes())
        app.add_routes(self.files.routes())
        app.add_routes(self._more_routes())
        return web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
