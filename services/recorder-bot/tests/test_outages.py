"""Servers that are away, a recorder that is killed: what was heard is kept, what was not has a gap with its name."""

import msgspec
import pytest

from discord_sim.voice.ledger import digest
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from recorder_bot.domain.gaps import RESTARTED, merged
from testkit.recording.outages import kill_while_talking, without
from testkit.recording.recorder_setup import RecorderSetup, check_accounts, handed_over

SEED = 20261123
KILLS = 2
FRAMES_PER_SECOND = 50


class TestWithout:
    @pytest.mark.parametrize("which", ["media", "redis", "s3"])
    async def test_it_keeps_recording_and_catches_up(self, setup: RecorderSetup, which: str) -> None:
        ada = setup.person("ada")
        proxy = {"media": setup.media, "redis": setup.redis, "s3": setup.environment.s3}[which]
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)

        proxy.cut()
        try:
            await ada.say(babble(150, seed=1))
        finally:
            proxy.restore()
        detail = await setup.finish(recording)

        assert await setup.missing(recording, ada) == {ada.user_id: 0}
        check_accounts(detail)
        await handed_over(setup)

    async def test_the_database_nothing_is_missing_either(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)

        async with without(setup.environment, "postgres"):
            await ada.say(babble(100, seed=1))
        detail = await setup.finish(recording)

        assert await setup.missing(recording, ada) == {ada.user_id: 0}
        check_accounts(detail)
        await handed_over(setup)

    async def test_discord_tokens_it_idles_and_says_so(self, setup: RecorderSetup) -> None:
        await setup.start(discord_tokens="")

        ready = msgspec.json.decode(await setup.recorder.answers("/readyz"))

        assert ready["status"] == "ok"
        assert ready["checks"]["discord"] == "idle: no Discord token"

    async def test_a_shape_of_a_token_it_stays_up_and_says_so_in_a_sentence(self, setup: RecorderSetup) -> None:
        await setup.start(discord_tokens="nonsense")

        ready = msgspec.json.decode(await setup.recorder.answers("/readyz", status=503))

        assert "token 1 is not one (RECORDER_BOT_DISCORD_TOKENS)" in ready["checks"]["discord"]
        assert "Traceback" not in setup.recorder.log.read_text()


class TestStopped:
    async def test_asked_to_stop_it_loses_nothing_and_goes_on_at_the_next_start(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)
        await ada.say(babble(30, seed=1))

        await setup.recorder.stop()
        await setup.recorder.start()
        await until(lambda: any("goes on" in each for each in setup.said(setup.voice.id)), timeout_seconds=15)
        detail = await setup.finish(recording)

        assert await setup.missing(recording, ada) == {ada.user_id: 0}
        assert RESTARTED in {gap.cause for gaps in detail.gaps.values() for gap in gaps}
        check_accounts(detail)


class TestKilled:
    async def test_the_same_recording_goes_on_and_at_most_a_second_is_missing(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)

        killed = await kill_while_talking(setup, ada, times=KILLS, seed=SEED)
        detail = await setup.finish(recording)

        assert max(each.back_seconds for each in killed) < 15
        recorded = {digest(packet) for packet in (await setup.environment.packets(recording))[str(ada.user_id)]}
        missing = [len([one for one in each.said if one not in recorded]) for each in killed]
        assert max(missing) <= FRAMES_PER_SECOND, f"seed {SEED}: frames missing before each kill: {missing}"
        named = [gap for gaps in detail.gaps.values() for gap in gaps if gap.cause == RESTARTED]
        assert len(merged(named)) == KILLS, detail.gaps
        check_accounts(detail)
        await handed_over(setup)


class TestAMainGatewayThatIsOpenAndSilent:
    async def test_is_named_and_opened_again_and_the_next_recording_works(self, setup: RecorderSetup) -> None:
        await setup.start(discord_quiet_seconds="0.5", discord_answer_seconds="0.5")
        await setup.recorder.answers("/readyz")

        setup.sim.faults.gateway.swallow = ("GUILD_MEMBERS_CHUNK", "VOICE_STATE_UPDATE", "VOICE_SERVER_UPDATE")
        ready = msgspec.json.decode(await setup.recorder.answers("/readyz", status=503))
        setup.sim.faults.gateway.swallow = ()
        await setup.recorder.answers("/readyz")
        recording = await setup.record()

        assert "Discord sends no events" in ready["checks"]["discord"]
        assert any(line["event"] == "discord.silent" for line in setup.recorder.log_lines())
        await setup.finish(recording)
