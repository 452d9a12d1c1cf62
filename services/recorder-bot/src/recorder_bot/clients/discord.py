"""Discord, as one bot account: where it may go, who is there, what it says, and its voice connection."""

import asyncio
import ssl
from typing import Final

import aiohttp
import hikari
import msgspec
import structlog

import voice
from recorder_bot.clients.gateway_probe import GatewayProbe
from recorder_bot.domain.joining import Obstacle, Overwrite, obstacle, permissions

INTENTS: Final = hikari.Intents.GUILDS | hikari.Intents.GUILD_VOICE_STATES
AWAY: Final = (hikari.HikariError, aiohttp.ClientError, OSError, TimeoutError)
SILENT: Final = "is connected, but Discord sends no events; connecting again"
RETRY_SECONDS: Final = 5.0
START_SECONDS_MAX: Final = 5.0
"""For a start that is under way when the process is to end."""

log = structlog.get_logger()


class CannotSpeak(Exception):
    """Discord does not let the bot say or show this, here and now."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How Discord is reached; empty means as everybody does."""

    rest_url: str = ""
    ca_file: str = ""
    quiet_seconds: float = 30.0
    """After so long without an event the main gateway is asked for one."""
    answer_seconds: float = 10.0

    def ssl_context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None


def is_token(text: str) -> bool:
    """Whether it has a token's shape: its first part is the bot's id."""
    try:
        hikari.applications.get_token_id(text)
    except ValueError:
        return False
    return True


class BotAccount:
    """Starts in the background, and tries again until Discord answers."""

    def __init__(self, token: str, *, access: Access) -> None:
        self._bot = hikari.GatewayBot(
            token,
            rest_url=access.rest_url or None,
            intents=INTENTS,
            banner=None,
            logs=None,
            suppress_optimization_warning=True,
        )
        self._ssl_context = access.ssl_context()
        self._probe = GatewayProbe(self._bot, quiet_seconds=access.quiet_seconds, answer_seconds=access.answer_seconds)
        self._probe_seconds = access.quiet_seconds
        self._is_silent = False
        self._started = asyncio.Event()
        self.problem = "has not connected yet"
        self.id = str(hikari.applications.get_token_id(token))

    @property
    def ready(self) -> bool:
        shards = self._bot.shards.values()
        return (
            self._started.is_set()
            and not self._is_silent
            and bool(shards)
            and all(shard.is_connected for shard in shards)
        )

    async def run(self) -> None:
        """Until cancelled. A line that was closed for good is opened again."""
        while True:
            try:
                await self._start()
                self._started.set()
                self._is_silent = False
                log.info("discord.connected", identity=self.id)
                await self._stay()
            except (*AWAY, RuntimeError) as failed:
                self.problem = f"{type(failed).__name__}: {failed}"
                log.warning("discord.not_connected", identity=self.id, error=self.problem)
            finally:
                self._started.clear()
                if self._bot.is_alive:
                    await self._bot.close()
            await asyncio.sleep(RETRY_SECONDS)

    async def _stay(self) -> None:
        """Until the line is closed, or until it is silent and no voice connection would be lost by opening it again."""
        closing = asyncio.create_task(self._bot.join())
        try:
            while not closing.done():
                await asyncio.wait({closing}, timeout=self._probe_seconds)
                self._is_silent = not closing.done() and not await self._probe.answers()
                if self._is_silent:
                    self.problem = SILENT
                    log.warning("discord.silent", identity=self.id)
                    if not self._bot.voice.connections:
                        return
        finally:
            closing.cancel()
        await closing

    async def _start(self) -> None:
        """Cancelled in the middle of it, hikari 2.6 would leave a socket open and tasks behind: it is let finish."""
        starting = asyncio.create_task(self._bot.start(check_for_updates=False))
        try:
            await asyncio.shield(starting)
        finally:
            await asyncio.wait([starting], timeout=START_SECONDS_MAX)
            starting.cancel()

    async def started(self) -> None:
        await self._started.wait()

    def is_in(self, guild_id: str) -> bool:
        return self.ready and self._bot.cache.get_guild(int(guild_id)) is not None

    async def connect(
        self, guild_id: str, channel_id: str, *, listener: voice.Listener, timeout_seconds: float
    ) -> voice.VoiceConnection:
        """Raises voice.CouldNotConnect."""
        try:
            return await voice.connect(
                self._bot,
                int(guild_id),
                int(channel_id),
                listener=listener,
                ssl_context=self._ssl_context,
                timeout_seconds=timeout_seconds,
            )
        except AWAY as failed:
            raise voice.CouldNotConnect(str(failed)) from failed

    async def say(self, channel_id: str, text: str) -> None:
        """Raises CannotSpeak."""
        try:
            await self._bot.rest.create_message(int(channel_id), text)
        except AWAY as failed:
            raise CannotSpeak(f"{type(failed).__name__}: {failed}") from failed

    async def rename(self, guild_id: str, nickname: str | None) -> None:
        """Show this name in the guild; None: the account's own. Raises CannotSpeak."""
        try:
            await self._bot.rest.edit_my_member(int(guild_id), nickname=nickname)
        except AWAY as failed:
            raise CannotSpeak(f"{type(failed).__name__}: {failed}") from failed

    def names(self, guild_id: str) -> tuple[str, str | None]:
        """How the bot is called in the guild, and the nickname by which that is so, if any."""
        me = self._bot.get_me()
        member = self._bot.cache.get_member(int(guild_id), me.id) if me else None
        if member:
            return member.display_name, member.nickname
        return (me.username if me else "recorder"), None

    def name_of(self, guild_id: str, user_id: int) -> str:
        state = self._bot.cache.get_voice_state(int(guild_id), user_id)
        return state.member.display_name if state and state.member else str(user_id)

    def people_in(self, guild_id: str, channel_id: str) -> int:
        """How many are in the voice channel, bots not counted."""
        states = self._bot.cache.get_voice_states_view_for_channel(int(guild_id), int(channel_id))
        return sum(not (state.member and state.member.is_bot) for state in states.values())

    def obstacle(self, guild_id: str, channel_id: str) -> Obstacle | None:
        """What keeps the bot out of a voice channel, as far as the main gateway tells."""
        cache = self._bot.cache
        guild, channel = cache.get_guild(int(guild_id)), cache.get_guild_channel(int(channel_id))
        me = cache.get_member(int(guild_id), int(self.id))
        if guild is None or me is None:
            return None  # not known (yet): Discord is to say
        if not isinstance(channel, hikari.GuildVoiceChannel | hikari.GuildStageChannel):
            return Obstacle.NO_CHANNEL
        known = {int(role.id): int(role.permissions) for role in guild.get_roles().values()}
        roles = {role: known[role] for role in {int(guild_id), *map(int, me.role_ids)} & known.keys()}
        overwrites = {
            int(each.id): Overwrite(int(each.allow), int(each.deny)) for each in channel.permission_overwrites.values()
        }
        granted = permissions(int(guild_id), int(self.id), roles=roles, overwrites=overwrites)
        states = cache.get_voice_states_view_for_channel(int(guild_id), int(channel_id))
        others = sum(int(user_id) != int(self.id) for user_id in states)
        return obstacle(granted, people=others, user_limit=channel.user_limit)

    def is_in_voice(self, guild_id: str) -> bool:
        return self._bot.cache.get_voice_state(int(guild_id), int(self.id)) is not None

    def deafened(self, guild_id: str) -> bool:
        state = self._bot.cache.get_voice_state(int(guild_id), int(self.id))
        return state is not None and (state.is_guild_deafened or state.is_self_deafened)

    @property
    def latency_ms(self) -> float:
        """Of the main gateway; 0 when it is not known yet."""
        latency = self._bot.heartbeat_latency
        return latency * 1000 if latency == latency else 0.0  # noqa: PLR0124 - NaN until the first heartbeat
