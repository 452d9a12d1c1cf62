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


async def suggest(context: lightbulb.AutocompleteContext[str]) -> None:
    await context.respond([f"{context.focused.value}eting", "Talk"])


class Counter(lightbulb.components.Menu):
    def __init__(self) -> None:
        self.presses = 0
        self.add_interactive_button(hikari.ButtonStyle.PRIMARY, self.press, label="More", custom_id="more")

    async def press(self, context: lightbulb.components.MenuContext) -> None:
        self.presses += 1
        await context.respond(str(self.presses), edit=True)
        context.stop_interacting()


class Panel(lightbulb.SlashCommand, name="panel", description="A live panel"):
    topic = lightbulb.string("topic", "About", autocomplete=suggest, default="")

    @lightbulb.invoke
    async def run(self, context: lightbulb.Context) -> None:
        menu = Counter()
        menu.attach_persistent(context.client, timeout=None)
        await context.respond("0", components=menu)


class NoteForm(lightbulb.components.Modal):
    def __init__(self) -> None:
        self.text = self.add_short_text_input("Text", custom_id="text")

    async def on_submit(self, ctx: lightbulb.components.ModalContext) -> None:
        await ctx.respond(f"Noted: {ctx.value_for(self.text)}")


class Note(lightbulb.SlashCommand, name="note", description="Write a note"):
    @lightbulb.invoke
    async def run(self, context: lightbulb.Context) -> None:
        form = NoteForm()
        await context.respond_with_modal("Note", "note", components=form)
        await form.attach(context.client, "note", timeout=20)


async def connect(live: Stage) -> hikari.GatewayBot:
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
    for command in (group, Panel, Note):
        client.register(command)
    bot.subscribe(hikari.StartingEvent, client.start)
    await bot.start(check_for_updates=False)
    await live.sim.ready(live.bot.id)
    return bot


@pytest.fixture
async def bot(live: Stage) -> AsyncIterator[hikari.GatewayBot]:
    bot = await connect(live)
    yield bot
    await bot.close()


async def back_again(live: Stage) -> None:
    """Wait until the bot is gone and has come back."""
    await live.sim.until(lambda: not live.sim.gateway.is_ready(live.bot.id))
    await live.sim.ready(live.bot.id, seconds=60)


class TestHikari:
    async def test_registers_its_commands_once(self, live: Stage, bot: hikari.GatewayBot) -> None:
        again = await connect(live)
        await again.close()

        assert {command["name"] for command in live.bot.commands[None]} == {"record", "panel", "note"}
        syncs = [(made.method, made.status) for made in live.sim.calls if made.path.endswith("/commands")]
        assert syncs == [("GET", 200), ("PUT", 200), ("GET", 200)]

    async def test_answers_a_command(self, live: Stage, bot: hikari.GatewayBot) -> None:
        handle = live.person("ada").types(live.text, "/record start", title="Meeting")

        answer = await handle.answered()
        follow_ups = await handle.followed_up()

        assert (answer.content, answer.flags) == ("Recording Meeting", EPHEMERAL)
        assert [message.content for message in follow_ups] == ["Speak up"]
        assert handle.acknowledged_after
        assert handle.acknowledged_after < 1

    async def test_offers_choices_presses_and_forms(self, live: Stage, bot: hikari.GatewayBot) -> None:
        ada = live.person("ada")

        choices = await ada.completes(live.text, "/panel", "topic", "Me").chosen_from()
        panel = await ada.types(live.text, "/panel").answered()
        await ada.presses(panel, "more").acknowledged()
        note = ada.types(live.text, "/note")
        await note.asked_for()
        noted = await ada.submits(note, text="hello").answered()

        assert [choice["value"] for choice in choices] == ["Meeting", "Talk"]
        assert panel.content == "1"
        assert noted.content == "Noted: hello"

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
        await live.sim.ready(live.bot.id, seconds=60)
        ada.says(live.text, "now")

        assert [await asyncio.wait_for(heard.get(), 30) for _ in range(2)] == ["while you were away", "now"]
        assert set(live.sim.gateway.sessions) == sessions

    async def test_starts_over_after_an_invalid_session(self, live: Stage, bot: hikari.GatewayBot) -> None:
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
