"""Recordings: start, stop, pause, resume, note, status, list, and each speaker's own choice."""

from typing import Final

from contracts.ids import RecordingId
from contracts.media import Choice, Consent, Note, Recording, RecordingDetail, RecordingPage
from control_bot.domain import operations, recordings, refusals, replies
from control_bot.domain.asking import Asked, Refusal, Reply
from control_bot.domain.operations import Operation
from control_bot.domain.words import Words
from control_bot.usecases.desk import Desk

MOVED: Final[dict[str, Words]] = {
    operations.STOP.command: replies.STOPPED,
    operations.PAUSE.command: replies.PAUSED,
    operations.RESUME.command: replies.RESUMED,
}


async def start(desk: Desk, asked: Asked) -> Reply:
    """The panel is shown when media tells of the recording."""
    channel = asked.options.get("channel", asked.voice_channel_id)
    if channel is None:
        raise Refusal(refusals.NO_VOICE_CHANNEL)
    recording = await desk.services.perform(
        operations.START,
        Recording,
        person=asked.person,
        key=asked.id,
        guild_id=asked.guild_id,
        voice_channel_id=channel,
        text_channel_id=asked.text_channel_id,
        title=asked.options.get("title"),
    )
    desk.board.keep(recording)
    return Reply(replies.STARTED.say(asked.language, channel=channel))


async def move(desk: Desk, asked: Asked, *, operation: Operation, recording_id: RecordingId) -> Reply:
    """Stop, pause or resume it."""
    recording = await desk.services.perform(
        operation, Recording, person=asked.person, key=asked.id, recording_id=recording_id
    )
    desk.board.keep(recording)
    return Reply(MOVED[operation.command].say(asked.language))


async def note(desk: Desk, asked: Asked, *, recording_id: RecordingId) -> Reply:
    made = await desk.services.perform(
        operations.NOTE,
        Note,
        person=asked.person,
        key=asked.id,
        recording_id=recording_id,
        text=asked.options["text"],
    )
    return Reply(replies.NOTED.say(asked.language, moment=recordings.length(made.at_ms)))


async def choose(
    desk: Desk, asked: Asked, *, recording_id: RecordingId, choice: Choice, whole_space: bool = False
) -> Reply:
    """For the asking person's own voice; needs no account."""
    await desk.services.perform(
        operations.CONSENT,
        Consent,
        person=asked.person,
        key=asked.id,
        recording_id=recording_id,
        choice=choice,
        whole_space=whole_space,
    )
    chosen = replies.OPTED_OUT if choice is Choice.OPTED_OUT else replies.OPTED_IN
    scope = replies.WHOLE_SPACE if whole_space else replies.THIS_RECORDING
    return Reply(chosen.say(asked.language, scope=scope))


async def erase(desk: Desk, asked: Asked, *, recording: Recording) -> Reply:
    """The asking person's own track; the answer says of which recording, as there may be others."""
    await desk.services.perform(
        operations.CONSENT,
        Consent,
        person=asked.person,
        key=asked.id,
        recording_id=recording.id,
        choice=Choice.OPTED_OUT,
        erase=True,
    )
    return Reply(replies.ERASED.say(asked.language, recording=recordings.line(recording, asked.language)))


async def status(desk: Desk, asked: Asked, *, recording_id: RecordingId) -> Reply:
    found = await desk.services.perform(
        operations.STATUS, RecordingDetail, person=asked.person, recording_id=recording_id
    )
    lines = [recordings.line(found, asked.language)]
    lines += [f"🎙️ {recordings.plain(track.speaker.name)}" for track in found.tracks]
    if found.notes:
        noted = (f"{recordings.length(each.at_ms)} {recordings.plain(each.text)[:100]}" for each in found.notes[-5:])
        lines += [f"**{replies.NOTES.say(asked.language)}**", *noted]
    if opted_out := {each.discord_id for each in found.consents if each.choice is Choice.OPTED_OUT}:
        lines.append(replies.OPT_OUTS.say(asked.language, count=len(opted_out)))
    return Reply("\n".join(lines))


async def show_list(desk: Desk, asked: Asked) -> Reply:
    found = await _newest(desk, asked)
    return Reply(recordings.listed(found, asked.language), link=None)


async def running(desk: Desk, asked: Asked) -> Recording:
    """The one that is meant: of the named channel, of the channel the person is in, or the only one."""
    channel = asked.options.get("channel")
    found = _in(desk.board.running(asked.guild_id), channel)
    if not found:
        newest = await _newest(desk, asked)
        found = _in([each for each in newest if each.state in recordings.RUNNING], channel)
    here = _in(found, asked.voice_channel_id) if asked.voice_channel_id else []
    if not found:
        raise Refusal(refusals.NOTHING_RUNS)
    if len(found) > 1 and not here:
        raise Refusal(refusals.SEVERAL_RUN, channels=", ".join(f"<#{each.voice_channel_id}>" for each in found))
    return (here or found)[0]


async def running_or_newest(desk: Desk, asked: Asked) -> Recording:
    """The one that runs, or else the newest there was, of the named channel if one is named."""
    try:
        return await running(desk, asked)
    except Refusal as refusal:
        if refusal.words is not refusals.NOTHING_RUNS:
            raise
    newest = _in([*await _newest(desk, asked)], asked.options.get("channel"))
    if not newest:
        raise Refusal(refusals.NOTHING_RUNS)
    return newest[0]


async def _newest(desk: Desk, asked: Asked) -> tuple[Recording, ...]:
    page = await desk.services.perform(
        operations.RECORDINGS,
        RecordingPage,
        person=asked.person,
        guild_id=asked.guild_id,
        limit=desk.settings.listed_recordings_max,
    )
    return page.items


def _in(found: list[Recording], channel: str | None) -> list[Recording]:
    return [each for each in found if channel in {None, each.voice_channel_id}]
