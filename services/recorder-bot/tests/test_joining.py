"""What keeps the recorder out of a voice channel: said at once and by name; and a stop that need not wait for it."""

import time

import msgspec
import pytest

from discord_sim.entities import ALL_PERMISSIONS, Overwrite, Permission
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from recorder_bot.domain.joining import VIEW_CHANNEL, Obstacle, obstacle, permissions
from recorder_bot.domain.joining import Overwrite as Rule
from testkit.recording.recorder_setup import RecorderSetup
from voice.limits import Limits

CONNECT = int(Permission.CONNECT)
GUILD, ROLE, MEMBER = 1, 2, 3
BREAKS = 5


def without_administrator(setup: RecorderSetup) -> None:
    """For an administrator no channel has rules."""
    [role] = setup.guild.members[setup.bot.id].roles
    setup.guild.roles[role].permissions = ALL_PERMISSIONS & ~Permission.ADMINISTRATOR


def deny(setup: RecorderSetup, permission: Permission) -> None:
    setup.voice.overwrites = (Overwrite(id=setup.bot.id, type=1, deny=int(permission)),)
    setup.sim.world.change_channel(setup.voice)


def told(setup: RecorderSetup, words: str) -> bool:
    return any(words in said for said in setup.said(setup.voice.id))


class TestObstacle:
    @pytest.mark.parametrize(
        ("rules", "found"),
        [
            ({}, None),
            ({GUILD: Rule(0, CONNECT)}, Obstacle.NO_CONNECT),
            ({GUILD: Rule(0, CONNECT), ROLE: Rule(CONNECT, 0)}, None),
            ({ROLE: Rule(CONNECT, 0), MEMBER: Rule(0, CONNECT)}, Obstacle.NO_CONNECT),
            ({MEMBER: Rule(0, VIEW_CHANNEL)}, Obstacle.NO_VIEW),
        ],
    )
    def test_follows_discords_order_of_roles_and_channel_rules(
        self, rules: dict[int, Rule], found: Obstacle | None
    ) -> None:
        granted = permissions(GUILD, MEMBER, roles={GUILD: VIEW_CHANNEL | CONNECT, ROLE: 0}, overwrites=rules)

        assert obstacle(granted, people=1, user_limit=0) is found

    def test_is_a_full_channel_unless_the_bot_may_move_members(self) -> None:
        full = VIEW_CHANNEL | CONNECT

        assert obstacle(full, people=2, user_limit=2) is Obstacle.CHANNEL_FULL
        assert obstacle(full | int(Permission.MOVE_MEMBERS), people=2, user_limit=2) is None


class TestJoining:
    async def test_without_connect_fails_at_once_and_by_name(self, setup: RecorderSetup) -> None:
        without_administrator(setup)
        deny(setup, Permission.CONNECT)
        await setup.start(join_seconds_max="60")
        recording = await setup.request()

        detail = await setup.environment.until(recording, "failed")

        assert detail.failure == "The recorder may not join the voice channel: it needs the permission Connect there."

    async def test_a_full_channel_fails_at_once_and_by_name(self, setup: RecorderSetup) -> None:
        setup.person("ada").join(setup.voice.id)
        without_administrator(setup)
        deny(setup, Permission.MOVE_MEMBERS)
        setup.voice.user_limit = 1
        setup.sim.world.change_channel(setup.voice)
        await setup.start(join_seconds_max="60")
        recording = await setup.request()

        detail = await setup.environment.until(recording, "failed")

        assert detail.failure == (
            "The voice channel is full: the recorder needs a place, or the permission Move Members."
        )

    async def test_a_full_channel_is_joined_by_a_bot_that_may_move_members(self, setup: RecorderSetup) -> None:
        setup.person("ada").join(setup.voice.id)
        without_administrator(setup)
        setup.voice.user_limit = 1
        setup.sim.world.change_channel(setup.voice)
        await setup.start()
        recording = await setup.record()

        assert (await setup.finish(recording)).stop_reason == "asked"

    async def test_where_no_one_can_be_told_fails_in_a_sentence(self, setup: RecorderSetup) -> None:
        without_administrator(setup)
        deny(setup, Permission.SEND_MESSAGES)
        await setup.start()
        recording = await setup.request()

        detail = await setup.environment.until(recording, "failed")

        assert "needs the permission Send Messages" in (detail.failure or "")
        assert "Error" not in (detail.failure or "")

    async def test_that_is_never_answered_ends_with_a_stop_and_announces_nothing(self, setup: RecorderSetup) -> None:
        setup.sim.faults.gateway.unanswered_joins = 1_000
        await setup.start(join_seconds_max="60")
        recording = await setup.request()
        await setup.environment.until(recording, "joining")

        await setup.environment.order(recording, "stop")
        detail = await setup.environment.until(recording, "failed")
        setup.sim.faults.gateway.unanswered_joins = 0

        assert detail.failure == "It was stopped before anything was recorded"
        assert setup.said(setup.voice.id) == []

    async def test_while_discord_is_away_ends_with_a_stop(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)
        await ada.say(babble(20, seed=1))
        await setup.recorder.stop()
        setup.sim.faults.gateway.refuse_connections = True
        await setup.recorder.start()

        detail = await setup.finish(recording)
        setup.sim.faults.gateway.refuse_connections = False

        assert detail.tracks
        assert await setup.missing(recording, ada) == {ada.user_id: 0}


class TestConnectThatIsLost:
    async def test_is_told_at_once_and_by_name(self, setup: RecorderSetup) -> None:
        without_administrator(setup)
        await setup.start()
        recording = await setup.record()

        deny(setup, Permission.CONNECT)
        await until(
            lambda: any("no longer has the permission *Connect*" in said for said in setup.said(setup.voice.id))
        )
        setup.voice.overwrites = ()
        setup.sim.world.change_channel(setup.voice)
        await until(lambda: told(setup, "has the permission *Connect* again"))

        detail = await setup.finish(recording)
        assert "connect_lost" in {warning.code for warning in detail.warnings}


class TestConnectionsThatDoNotLast:
    @pytest.mark.parametrize(
        ("code", "first_pause", "in_the_receiver"), [(4006, Limits().first_backoff_seconds, True), (4016, 0.2, False)]
    )
    async def test_are_joined_again_after_longer_and_longer_pauses(
        self, setup: RecorderSetup, code: int, first_pause: float, in_the_receiver: bool
    ) -> None:
        """After 4006 the receiver joins again by itself; 4016 ends its connection, and the recorder makes another."""
        await setup.start(retry_seconds=str(first_pause))
        await setup.record()
        await setup.gather(setup.person("ada"))
        pauses: list[float] = []

        for _ in range(BREAKS):
            await until(lambda: setup.bot.id in setup.sim.voice.members(setup.voice.id), timeout_seconds=30)
            before = setup.sim.voice.session(setup.guild.id, setup.bot.id)
            broke = time.monotonic()
            setup.sim.voice.disconnect(setup.guild.id, setup.bot.id, code=code)
            await until(
                lambda before=before: setup.sim.voice.session(setup.guild.id, setup.bot.id) not in {before, None},
                timeout_seconds=30,
            )
            pauses.append(time.monotonic() - broke)

        doublings = range(1, 1 + BREAKS) if in_the_receiver else range(-1, BREAKS - 1)
        assert all(
            pause >= first_pause * 2**number for number, pause in zip(doublings, pauses, strict=True) if number >= 0
        ), pauses


class TestRateLimited:
    async def test_ends_the_recording_instead_of_joining_again(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)
        await ada.say(babble(20, seed=1))

        setup.sim.voice.disconnect(setup.guild.id, setup.bot.id, code=4021)
        detail = await setup.environment.until(recording, "ready")

        assert detail.stop_reason == "recorder_lost", msgspec.json.encode(detail)
        assert not setup.bot_is_there
