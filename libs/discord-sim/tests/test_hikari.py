"""An unmodified hikari bot with lightbulb lives here as it does at Discord."""

import asyncio
from collections.abc import AsyncIterator

import hikari
import lightbulb
import pytest

from discord_sim.interactions import EPHEMERAL
from discord_sim.stage import Stage, stage


class Start(lightbulb.SlashCommand, name="start", description="Start a recording"):
    title = lightbulb.string("title", "What it is about")

    @lightbulb.invoke
    async def run(self, context: lightbulb.Context) -> None:
        await context.defer(ephemeral=True)
        await context.respond(f"Recording {self.title}")
        await context.respond("Speak up", ephemeral=True)


@pytest.fixture
async def live() -> AsyncIterator[Stage]:
    """A stage on which time passes."""
    async with stage() as ready:
        yield ready


@pytest.fixture
async def bot(live: Stage) -> AsyncIterator[hikari.GatewayBot]:
    bot = hikari.GatewayBot(
        live.bot.token,
        rest_url=live.sim.rest_url,
        intents=hikari.Intents.ALL,
        banner=None,
        logs=None,
        suppress_optimization_warning=True,
    )
    client = lightbulb.client_from_app(bot)
    group = lightbulb.Group("record", "Recording")
    group.register(Start)
    client.register(group)
    bot.subscribe(hikari.StartingEvent, client.start)
    await bot.start(check_for_updates=False)
    await live.sim.ready(live.bot.id)
    yield bot
    await bot.close()


async def back_again(live: Stage) -> None:
    """Wait until the bot is gone and has come back."""
    await live.sim.until(lambda: not live.sim.gateway.is_ready(live.bot.id))
    await live.sim.ready(live.bot.id, seconds=20)


class TestHikari:
    async def test_registers_its_commands_once(self, live: Stage, bot: hikari.GatewayBot) -> None:
        syncs = [(made.method, made.status) for made in live.sim.calls if made.path.endswith("/commands")]

        assert [command["name"] for command in live.bot.commands[None]] == ["record"]
        assert syncs == [("GET", 200), ("PUT", 200)]

    async def test_answers_a_command(self, live: Stage, bot: hikari.GatewayBot) -> None:
        handle = live.person("ada").types(live.text, "/record start", title="Meeting")

        answer = await handle.answered()
        follow_ups = await handle.followed_up()

        assert (answer.content, answer.flags) == ("Recording Meeting", EPHEMERAL)
        assert [message.content for message in follow_ups] == ["Speak up"]
        assert handle.acknowledged_after
        assert handle.acknowledged_after < 1

    async def test_resumes_after_a_cut_and_misses_nothing(self, live: Stage, bot: hikari.GatewayBot) -> None:
        heard: asyncio.Queue[str | None] = asyncio.Queue()

        @bot.listen()
        async def hear(event: hikari.GuildMessageCreateEvent) -> None:
            await heard.put(event.content)

        sessions = set(live.sim.gateway.sessions)
        live.sim.gateway.drop(live.bot.id)
        await live.sim.until(lambda: not live.sim.gateway.is_ready(live.bot.id))
        ada = live.person("ada")
        ada.says(live.text, "while you were away")
        await live.sim.ready(live.bot.id, seconds=20)
        ada.says(live.text, "now")

        assert [await asyncio.wait_for(heard.get(), 5) for _ in range(2)] == ["while you were away", "now"]
        assert set(live.sim.gateway.sessions) == sessions

    async def test_starts_anew_after_an_invalid_session(self, live: Stage, bot: hikari.GatewayBot) -> None:
        sessions = set(live.sim.gateway.sessions)

        live.sim.gateway.invalidate(live.bot.id)
        await back_again(live)

        assert not sessions & set(live.sim.gateway.sessions)

    async def test_comes_again_when_asked_to(self, live: Stage, bot: hikari.GatewayBot) -> None:
        sessions = set(live.sim.gateway.sessions)

        live.sim.gateway.reconnect(live.bot.id)
        await back_again(live)

        assert set(live.sim.gateway.sessions) == sessions

    async def test_learns_where_to_speak(self, live: Stage, bot: hikari.GatewayBot) -> None:
        waiting = asyncio.ensure_future(bot.wait_for(hikari.VoiceServerUpdateEvent, timeout=5))
        await bot.update_voice_state(live.guild.id, live.voice.id)

        assert (await waiting).raw_endpoint
        assert live.sim.world.voice_states[(live.guild.id, live.bot.id)].channel_id == live.voice.id
