"""From a hikari bot to a voice connection that stands."""

import asyncio
import contextlib
from ssl import SSLContext

import hikari
import structlog

from voice.connection import VoiceConnection
from voice.encryption import Libdave, MakeEndToEnd
from voice.events import Listener
from voice.limits import Limits
from voice.receiver import CouldNotConnect, Options
from voice.session import Identity

ATTEMPT_SECONDS = 5
RETRY_SECONDS = 0.25

log = structlog.get_logger()


async def connect(
    bot: hikari.GatewayBotAware,
    guild: hikari.SnowflakeishOr[hikari.Guild],
    channel: hikari.SnowflakeishOr[hikari.GuildVoiceChannel],
    *,
    listener: Listener,
    ssl_context: SSLContext | None = None,
    limits: Limits | None = None,
    end_to_end: MakeEndToEnd = Libdave,
    timeout_seconds: float = 15.0,
) -> VoiceConnection:
    """Join the channel, muted, and wait until audio can be received; raises CouldNotConnect."""

    async def rejoin(identity: Identity) -> None:
        await bot.update_voice_state(identity.guild_id, None)
        await bot.update_voice_state(identity.guild_id, identity.channel_id, self_mute=True)

    options = Options(
        listener=listener,
        rejoin=rejoin,
        ssl_context=ssl_context,
        limits=limits or Limits(),
        end_to_end=end_to_end,
    )
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_seconds
    connection = await _connect(bot, guild, channel, options=options, deadline=deadline)
    try:
        await connection.established(timeout_seconds=deadline - loop.time())
    except (CouldNotConnect, asyncio.CancelledError):
        await connection.disconnect()
        raise
    return connection


async def _connect(
    bot: hikari.GatewayBotAware,
    guild: hikari.SnowflakeishOr[hikari.Guild],
    channel: hikari.SnowflakeishOr[hikari.GuildVoiceChannel],
    *,
    options: Options,
    deadline: float,
) -> VoiceConnection:
    """Try until the deadline: Discord may have no voice server yet (hikari 2.6 asserts that it has), and the main
    gateway may be away."""
    if hikari.Snowflake(guild) in bot.voice.connections:
        raise CouldNotConnect("there is a connection in this guild already")
    while True:
        try:
            return await bot.voice.connect_to(
                guild, channel, VoiceConnection, mute=True, timeout=ATTEMPT_SECONDS, options=options
            )
        except (AssertionError, hikari.VoiceError, hikari.ComponentStateConflictError) as failed:
            if asyncio.get_running_loop().time() > deadline:
                raise CouldNotConnect(str(failed) or "there is no voice server") from failed
            log.info("voice.connect_failed", reason=str(failed))
            await asyncio.sleep(RETRY_SECONDS)
        except asyncio.CancelledError:
            await _leave(bot, guild)
            raise
        await _leave(bot, guild)


async def _leave(bot: hikari.GatewayBotAware, guild: hikari.SnowflakeishOr[hikari.Guild]) -> None:
    with contextlib.suppress(hikari.ComponentStateConflictError):
        await bot.update_voice_state(guild, None)
