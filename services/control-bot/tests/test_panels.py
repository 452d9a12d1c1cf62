"""The live panel: it follows the recording, and its buttons do what the commands do."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest
from redis.asyncio import Redis

from chassis.settings import Secret
from contracts.events import Envelope
from contracts.ids import new_id
from contracts.media import (
    Recording,
    RecordingProgressed,
    RecordingReady,
    RecordingRequested,
    RecordingState,
    Speaker,
    Track,
)
from contracts.times import now
from discord_sim.entities import Message
from discord_sim.people import Person
from discord_sim.stage import Stage
from streams import bus

from .conftest import StartBot
from .stand_in import StandIn, recording

Tell = Callable[..., Awaitable[None]]


@pytest.fixture
async def tell(redis_url: Secret) -> Any:
    """`await tell(recording)`: media tells of it, as often as there are states."""
    redis: Redis = bus.connect(redis_url.reveal())

    async def tell(*states: Recording, event: str = RecordingProgressed.TYPE) -> None:
        envelopes = [
            Envelope(
                id=new_id(),
                type=event,
                topic=f"recordings:{state.space_id}",
                seq=1,
                at=now(),
                data=msgspec.Raw(msgspec.json.encode(state)),
            )
            for state in states
        ]
        await bus.add(bus.DedicatedConnection(redis), "media.events", envelopes, marker="none")

    yield tell
    await redis.aclose()


@pytest.fixture
def running(scene: Stage, services: StandIn) -> Recording:
    """A recording that was asked for in the server's text channel."""
    made = recording(
        guild_id=str(scene.guild.id),
        voice_channel_id=str(scene.voice.id),
        text_channel_id=str(scene.text.id),
        title="Game *night*",
    )
    services.recordings[made.id] = made
    return made


async def panel_with(scene: Stage, text: str) -> Message:
    """The panel, once that stands in it."""

    def found() -> Message | None:
        messages = scene.sim.world.messages.get(scene.text.id, {}).values()
        return next((each for each in messages if text in str(each.embeds)), None)

    message = await scene.sim.until(found)
    assert message
    return message


@pytest.fixture
async def panel(scene: Stage, bot: httpx.AsyncClient, tell: Tell, running: Recording) -> Message:
    """The recording's, on show."""
    await tell(running)
    return await panel_with(scene, "0:00")


def buttons(message: Message) -> dict[str, bool]:
    """By what they do, whether they can be pressed."""
    return {
        button["custom_id"].split(":")[1]: not button.get("disabled")
        for row in message.components
        for button in row["components"]
        if "custom_id" in button
    }


def edits(scene: Stage) -> int:
    return sum(call.method == "PATCH" and "/messages/" in call.path for call in scene.sim.calls)


class TestPanel:
    async def test_follows_the_recording_from_beginning_to_end(
        self, scene: Stage, bot: httpx.AsyncClient, tell: Tell, running: Recording
    ) -> None:
        asked = msgspec.structs.replace(running, state=RecordingState.REQUESTED)
        await tell(asked, event=RecordingRequested.TYPE)
        waiting = await panel_with(scene, "waiting for a recorder")
        before = buttons(waiting)

        speaker = Track(number=1, speaker=Speaker(discord_id="7", name="Ann"))
        await tell(msgspec.structs.replace(running, duration_ms=3_723_000, tracks=(speaker,)))
        going = await panel_with(scene, "1:02:03")
        meanwhile = buttons(going)

        await tell(msgspec.structs.replace(running, state=RecordingState.READY), event=RecordingReady.TYPE)
        ready = await panel_with(scene, "ready")

        assert waiting.id == going.id == ready.id
        assert before == {"stop": True, "pause": False, "note": False, "opt_out": True}
        assert meanwhile == {"stop": True, "pause": True, "note": True, "opt_out": True}
        assert "Game \\\\*night\\\\*" in str(ready.embeds)
        assert buttons(ready) == {}
        assert ready.components[0]["components"][0]["url"] == f"https://guildhall.test/recordings/{running.id}"

    async def test_shows_whom_it_hears(
        self, scene: Stage, bot: httpx.AsyncClient, tell: Tell, running: Recording
    ) -> None:
        speakers = tuple(Track(number=n, speaker=Speaker(discord_id=str(n), name=f"Voice{n}")) for n in range(25))

        await tell(msgspec.structs.replace(running, tracks=speakers))

        assert "Voice19 … and 5 more" in str((await panel_with(scene, "Voice0")).embeds)

    async def test_is_edited_at_a_bounded_rate(
        self, scene: Stage, start_bot: StartBot, tell: Tell, running: Recording
    ) -> None:
        async with start_bot(panel_seconds_min=0.5):
            await tell(running)
            await panel_with(scene, "0:00")
            began = scene.sim.world.clock()

            for second in range(1, 60):
                await tell(msgspec.structs.replace(running, duration_ms=second * 1000))
            await panel_with(scene, "0:59")

        took = scene.sim.world.clock() - began
        assert edits(scene) <= took / 0.5 + 1

    async def test_is_found_again_after_a_restart(
        self, scene: Stage, start_bot: StartBot, tell: Tell, running: Recording
    ) -> None:
        async with start_bot():
            await tell(running)
            before = await panel_with(scene, "0:00")

        await tell(msgspec.structs.replace(running, duration_ms=5000))
        async with start_bot():
            after = await panel_with(scene, "0:05")

        assert after.id == before.id
        assert sum("Game" in str(each.embeds) for each in scene.sim.world.messages[scene.text.id].values()) == 1

    async def test_is_left_alone_when_somebody_deleted_it(
        self, scene: Stage, tell: Tell, running: Recording, panel: Message
    ) -> None:
        scene.sim.world.delete(panel)
        other = recording(
            guild_id=running.guild_id,
            voice_channel_id=running.voice_channel_id,
            text_channel_id=running.text_channel_id,
            title="Second",
        )

        await tell(msgspec.structs.replace(running, duration_ms=5000))
        await scene.sim.until(lambda: edits(scene))
        await tell(msgspec.structs.replace(running, duration_ms=9000), other)
        await panel_with(scene, "Second")

        assert not any("Game" in str(each.embeds) for each in scene.sim.world.messages[scene.text.id].values())

    async def test_survives_what_it_cannot_read(
        self, scene: Stage, bot: httpx.AsyncClient, tell: Tell, running: Recording
    ) -> None:
        await tell(msgspec.structs.replace(running, state=msgspec.Raw(b'"dancing"')))
        await tell(running)

        await panel_with(scene, "0:00")


class TestButtons:
    @pytest.mark.parametrize(("act", "word"), [("stop", "ended"), ("pause", "paused")])
    async def test_move_the_recording(
        self,
        act: str,
        word: str,
        scene: Stage,
        services: StandIn,
        running: Recording,
        panel: Message,
        ada: Person,
    ) -> None:
        handle = ada.presses(panel, f"panel:{act}:{running.id}")
        answer = await handle.answered()

        [call] = services.made("POST", f"/{running.id}/{act}")
        assert word in answer.content
        assert call.key == str(handle.interaction.id)

    async def test_let_a_speaker_opt_out(
        self,
        scene: Stage,
        services: StandIn,
        running: Recording,
        panel: Message,
    ) -> None:
        handle = scene.person("jo", locale="de").presses(panel, f"panel:opt_out:{running.id}")
        answer = await handle.answered()

        [call] = services.made("PUT", f"/{running.id}/consent")
        assert call.body == {"choice": "opted_out", "whole_space": False}
        assert "nicht aufgenommen" in answer.content

    async def test_open_a_form_for_a_note(
        self,
        scene: Stage,
        services: StandIn,
        running: Recording,
        panel: Message,
        ada: Person,
    ) -> None:
        form = ada.presses(panel, f"panel:note:{running.id}")
        await form.asked_for()
        handle = ada.submits(form, text="remember this")
        answer = await handle.answered()

        [call] = services.made("POST", f"/{running.id}/notes")
        assert answer.content == "Noted at 1:01."
        assert call.body == {"text": "remember this"}
        assert call.key == str(handle.interaction.id)
