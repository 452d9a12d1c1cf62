"""Servers that are away, a recorder that is killed: what was heard is kept, what was not has a gap with its name."""

import asyncio
import random
import time

import msgspec
import pytest

from discord_sim.voice.ledger import digest
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from recorder_bot.domain.gaps import RESTARTED
from testkit.recording.studio import Studio, check_accounts, handed_over

SEED = 20261123
KILLS = 2


class TestWithout:
    @pytest.mark.parametrize("which", ["media", "redis", "s3"])
    async def test_it_keeps_recording_and_catches_up(self, studio: Studio, which: str) -> None:
        ada = studio.person("ada")
        cable = {"media": studio.media, "redis": studio.redis, "s3": studio.house.s3}[which]
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)

        cable.cut()
        try:
            await ada.say(babble(150, seed=1))
        finally:
            cable.mend()
        detail = await studio.finish(recording)

        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        check_accounts(detail)
        await handed_over(studio)

    async def test_discord_tokens_it_idles_and_says_so(self, studio: Studio) -> None:
        await studio.start(discord_tokens="")

        ready = msgspec.json.decode(await studio.recorder.answers("/readyz"))

        assert ready["status"] == "ok"
        assert ready["checks"]["discord"] == "idle: no Discord token"


class TestStopped:
    async def test_asked_to_stop_it_loses_nothing_and_goes_on_at_the_next_start(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)
        await ada.say(babble(30, seed=1))

        await studio.recorder.stop()
        await studio.recorder.start()
        await until(lambda: any("goes on" in each for each in studio.said(studio.voice.id)), timeout_seconds=15)
        detail = await studio.finish(recording)

        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        assert RESTARTED in {gap.cause for gaps in detail.gaps.values() for gap in gaps}
        check_accounts(detail)


class TestKilled:
    async def test_the_same_recording_goes_on_and_at_most_a_second_is_missing(self, studio: Studio) -> None:
        source = random.Random(SEED)
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)
        said_before_a_kill: list[list[bytes]] = []
        for number in range(KILLS):
            begun = len(studio.sent(ada))
            talk = asyncio.create_task(ada.say(babble(500, seed=number), end=False))
            await asyncio.sleep(1 + 2 * source.random())  # the moment is drawn, not waited for
            said_before_a_kill.append(studio.sent(ada)[begun:])
            await studio.recorder.kill()
            talk.cancel()
            await studio.recorder.start()
            started = time.monotonic()
            await self._goes_on(studio, times=number + 1)
            assert time.monotonic() - started < 15
            await together(ada)
        detail = await studio.finish(recording)

        recorded = {digest(packet) for packet in (await studio.house.packets(recording))[str(ada.user_id)]}
        missing = [len([one for one in said if one not in recorded]) for said in said_before_a_kill]
        assert max(missing) <= 50, f"seed {SEED}: frames missing before each kill: {missing}"
        named = [gap for gaps in detail.gaps.values() for gap in gaps if gap.cause == RESTARTED]
        assert len(named) == KILLS, detail.gaps
        check_accounts(detail)
        await handed_over(studio)

    async def _goes_on(self, studio: Studio, *, times: int) -> None:
        await until(
            lambda: sum("goes on" in each for each in studio.said(studio.voice.id)) == times, timeout_seconds=15
        )
