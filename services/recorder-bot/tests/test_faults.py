"""Every fault that was seen in the field, one after the other in one recording: nothing that was said is missing."""

from collections.abc import Awaitable, Callable

from discord_sim.voice.members import Bystander, LibdaveMember
from discord_sim.voice.people import Person
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from recorder_bot.domain import gaps
from testkit.recording.recorder_setup import RecorderSetup, check_accounts

PACE = 0.01
FRAMES = 25
BROKEN_PACKETS = ("padding", "extension", "foreign", "near_zero", "duplicate", "reorder")
CROWD = 25
FRAME_MS = 20
OUT_OF_THE_GROUP = {"socket closed: 1006", "socket closed: 4015"}
"""A client whose socket broke is taken out of the encrypted group: what is said until it is back is named."""


class Scene:
    """Ada talks through all of it, to Bela and the recorder."""

    def __init__(self, setup: RecorderSetup) -> None:
        self.setup, self.voice, self.sim = setup, setup.sim.voice, setup.sim
        self.ada, self.bela = setup.person("ada"), setup.person("bela", dave=LibdaveMember)
        self.channel_id = setup.voice.id
        # Where a severed client is taken out of the group, what is said before it is put back is lost, and named.
        self.voice.faults.remove_severed = False

    async def says(self, frames: list[bytes], **how: bool) -> None:
        await self.ada.say(frames, pace_seconds=PACE, **how)

    async def settles(self, *others: Person) -> None:
        """Until the recorder is in the group, and all seal for the same epoch."""
        await until(lambda: self.setup.bot.id in self.voice.members(self.channel_id), timeout_seconds=20)
        await together(self.ada, self.bela, *others)

    async def cut_voice(self, code: int) -> None:
        await until(self.session)
        self.voice.disconnect(self.setup.guild.id, self.setup.bot.id, code=code)

    def session(self) -> object:
        return self.voice.session(self.setup.guild.id, self.setup.bot.id)


Fault = Callable[[Scene, list[bytes]], Awaitable[None]]


def broken(kind: str) -> Fault:
    async def fault(scene: Scene, frames: list[bytes]) -> None:
        setattr(scene.voice.faults, kind, 0.5)
        await scene.says(frames)
        setattr(scene.voice.faults, kind, 0.0)

    return fault


async def another_ssrc_named_late(scene: Scene, frames: list[bytes]) -> None:
    scene.ada.leave()
    scene.voice.faults.late_speaking_seconds = 0.4
    scene.ada.join(scene.channel_id)
    await scene.settles()
    await scene.says(frames)
    scene.voice.faults.late_speaking_seconds = 0.0


async def plaintext_in_a_new_group(scene: Scene, frames: list[bytes]) -> None:
    scene.voice.downgrade(scene.channel_id)
    await scene.says(frames[:10])
    scene.voice.upgrade(scene.channel_id)
    await scene.says(frames[10:15], plaintext=True)
    await scene.settles()
    await scene.says(frames[15:])


async def an_ssrc_that_was_anothers(scene: Scene, frames: list[bytes]) -> None:
    assert scene.bela.session
    scene.voice.next_ssrcs.append(scene.bela.session.ssrc)
    scene.bela.leave()
    scene.ada.leave()
    scene.ada.join(scene.channel_id)
    scene.bela.join(scene.channel_id)
    await scene.settles()
    await scene.says(frames)


async def a_sequence_that_starts_anew(scene: Scene, frames: list[bytes]) -> None:
    scene.ada.sequence += 20_000
    await scene.says(frames)


async def a_commit_that_cannot_be_processed(scene: Scene, frames: list[bytes]) -> None:
    scene.voice.faults.broken_commits.add(scene.setup.bot.id)
    guest = scene.setup.person("guest")
    guest.join(scene.channel_id)
    await until(lambda: not scene.voice.faults.broken_commits)
    await scene.settles(guest)
    await scene.says(frames)
    guest.retire()


async def a_crowd(scene: Scene, frames: list[bytes]) -> None:
    guests = [scene.setup.person(f"guest {number}", dave=Bystander) for number in range(CROWD)]
    for guest in guests:
        guest.join(scene.channel_id)
    await scene.says(frames)
    for guest in guests:
        guest.retire()
    await scene.settles()


def a_voice_socket_closed(code: int) -> Fault:
    """After which the session is resumed: what was said meanwhile is heard."""

    async def fault(scene: Scene, frames: list[bytes]) -> None:
        await scene.cut_voice(code)
        await scene.says(frames)

    return fault


def a_voice_session_lost(code: int) -> Fault:
    async def fault(scene: Scene, frames: list[bytes]) -> None:
        before = scene.session()
        await scene.cut_voice(code)
        await until(lambda: scene.session() not in {before, None}, timeout_seconds=20)
        await scene.settles()
        await scene.says(frames)

    return fault


async def a_voice_server_moved(scene: Scene, frames: list[bytes]) -> None:
    allocate = scene.voice.move_server(scene.setup.guild.id)
    allocate()
    await until(scene.session, timeout_seconds=20)
    await scene.settles()
    await scene.says(frames)


async def a_call_that_ended_and_goes_on_elsewhere(scene: Scene, frames: list[bytes]) -> None:
    await scene.cut_voice(4022)
    scene.sim.world.assign_voice_server(scene.setup.guild.id, user_id=scene.setup.bot.id)
    await until(scene.session, timeout_seconds=20)
    await scene.settles()
    await scene.says(frames)


async def an_op_4_that_is_never_answered(scene: Scene, frames: list[bytes]) -> None:
    before = scene.session()
    scene.sim.faults.gateway.unanswered_joins = 2
    await scene.cut_voice(4006)
    await until(lambda: scene.session() not in {before, None}, timeout_seconds=40)
    await scene.settles()
    await scene.says(frames)


async def the_main_gateway_resumed(scene: Scene, frames: list[bytes]) -> None:
    scene.sim.gateway.drop(scene.setup.bot.id)
    await scene.says(frames)
    await scene.sim.ready(scene.setup.bot.id, seconds=30)


async def the_main_session_lost(scene: Scene, frames: list[bytes]) -> None:
    before = scene.session()
    scene.sim.gateway.invalidate(scene.setup.bot.id)
    await until(lambda: scene.session() not in {before, None}, timeout_seconds=40)
    await scene.settles()
    await scene.says(frames)


FAULTS: dict[str, Fault] = {
    **{kind: broken(kind) for kind in BROKEN_PACKETS},
    "another ssrc, named late": another_ssrc_named_late,
    "plaintext in a new group": plaintext_in_a_new_group,
    "an ssrc that was another's": an_ssrc_that_was_anothers,
    "a sequence that starts anew": a_sequence_that_starts_anew,
    "a commit that cannot be processed": a_commit_that_cannot_be_processed,
    "a crowd": a_crowd,
    **{f"socket closed: {code}": a_voice_socket_closed(code) for code in (1006, 4015)},
    **{f"session lost: {code}": a_voice_session_lost(code) for code in (4006, 4009)},
    "a voice server moved": a_voice_server_moved,
    "a call that ended, and goes on elsewhere (4022)": a_call_that_ended_and_goes_on_elsewhere,
    "an op 4 that is never answered": an_op_4_that_is_never_answered,
    "the main gateway resumed": the_main_gateway_resumed,
    "the main session lost": the_main_session_lost,
}


NEW_GROUPS = (
    "session lost: 4006",
    "a call that ended, and goes on elsewhere (4022)",
    "an op 4 that is never answered",
)
"""After each the recorder joins the encrypted group as if for the first time."""


class TestEveryFault:
    async def test_is_survived_and_nothing_that_was_said_is_missing(self, setup: RecorderSetup) -> None:
        scene = Scene(setup)
        await setup.start()
        recording = await setup.record()
        await setup.gather(scene.ada, scene.bela)
        said: dict[str, list[bytes]] = {}

        for number, (name, fault) in enumerate(FAULTS.items()):
            said[name] = babble(FRAMES, seed=1000 + number)
            try:
                await fault(scene, said[name])
            except TimeoutError as late:
                raise AssertionError(f"{name}: it did not settle") from late
        detail = await setup.finish(recording)

        recorded = set((await setup.environment.packets(recording))[str(scene.ada.user_id)])
        missing = {name: lost for name, its in said.items() if (lost := len(set(its) - recorded))}
        named_ms = sum(gap.length_ms for its in detail.gaps.values() for gap in its if gap.cause == "undecryptable")
        assert missing.keys() <= OUT_OF_THE_GROUP
        assert sum(missing.values()) * FRAME_MS <= named_ms
        check_accounts(detail)
        causes = {gap.cause for its in detail.gaps.values() for gap in its}
        assert gaps.RECONNECTED in causes

    async def test_is_survived_when_op_25_comes_before_op_4(self, setup: RecorderSetup) -> None:
        scene = Scene(setup)
        setup.sim.voice.faults.sender_first = True
        await setup.start()
        recording = await setup.record()
        await setup.gather(scene.ada, scene.bela)

        for number, name in enumerate(NEW_GROUPS):
            await FAULTS[name](scene, babble(FRAMES, seed=3000 + number))
        detail = await setup.finish(recording)

        assert await setup.missing(recording, scene.ada) == {scene.ada.user_id: 0}
        check_accounts(detail)

    async def test_that_takes_packets_away_is_a_gap_with_its_cause(self, setup: RecorderSetup) -> None:
        scene = Scene(setup)
        await setup.start()
        recording = await setup.record()
        await setup.gather(scene.ada, scene.bela)

        await scene.says(babble(10, seed=1), end=False)
        setup.sim.voice.faults.loss = setup.sim.voice.faults.corrupt = 0.1
        await scene.says(babble(100, seed=2), end=False)
        setup.sim.voice.faults.clear()
        await scene.says(babble(10, seed=3))
        detail = await setup.finish(recording)

        ssrc = scene.ada.session and scene.ada.session.ssrc
        withheld = {each for each in setup.sim.voice.ledger.kept_from(setup.bot.id) if each[0] == ssrc}
        assert await setup.missing(recording, scene.ada) == {scene.ada.user_id: len(withheld)}
        lost_ms = sum(gap.length_ms for its in detail.gaps.values() for gap in its if gap.cause == "lost")
        assert lost_ms == len(withheld) * 20
        check_accounts(detail)
