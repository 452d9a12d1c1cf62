"""Recordings: start, stop, pause, resume, note, status, list, and each speaker's own choice."""

from typing import Final

from contracts.ids import RecordingId
from contracts.media import Choice, Consent, Note, Recording, RecordingDetail, RecordingPage
from control_bot.domain import operations, recordings, refusals, replies
from control_bot.domain.invocation import Invocation, Refusal, Reply
from control_bot.domain.localized import LocalizedText
from control_bot.domain.operations import Operation
from control_bot.usecases.context import Context

MOVED: Final[dict[str, LocalizedText]] = {
    operations.STOP.command: replies.STOPPED,
    operations.PAUSE.command: replies.PAUSED,
    operations.RESUME.command: replies.RESUMED,
}


async def start(context: Context, invocation: Invocation) -> Reply:
    """The panel is posted once media publishes the recording."""
    channel = invocation.options.get("channel", invocation.voice_channel_id)
    if channel is None:
        raise Refusal(refusals.NO_VOICE_CHANNEL)
    recording = await context.services.perform(
        operations.START,
        Recording,
        user=invocation.user,
        key=invocation.id,
        guild_id=invocation.guild_id,
        voice_channel_id=channel,
        text_channel_id=invocation.text_channel_id,
        title=invocation.options.get("title"),
    )
    context.cache.keep(recording)
    started = replies.STARTED if invocation.may_post_panel else replies.STARTED_WITHOUT_PANEL
    return Reply(started.format(invocation.language, channel=channel))


async def move(context: Context, invocation: Invocation, *, operation: Operation, recording_id: RecordingId) -> Reply:
    """Stop, pause or resume it."""
    recording = await context.services.perform(
        operation, Recording, user=invocation.user, key=invocation.id, recording_id=recording_id
    )
    context.cache.keep(recording)
    return Reply(MOVED[operation.command].format(invocation.language))


async def note(context: Context, invocation: Invocation, *, recording_id: RecordingId) -> Reply:
    made = await context.services.perform(
        operations.NOTE,
        Note,
        user=invocation.user,
        key=invocation.id,
        recording_id=recording_id,
        text=invocation.options["text"],
    )
    return Reply(replies.NOTED.format(invocation.language, moment=recordings.length(made.at_ms)))


async def choose(
    context: Context, invocation: Invocation, *, recording_id: RecordingId, choice: Choice, whole_space: bool = False
) -> Reply:
    """For the asking person's own voice; needs no account."""
    await context.services.perform(
        operations.CONSENT,
        Consent,
        user=invocation.user,
        key=invocation.id,
        recording_id=recording_id,
        choice=choice,
        whole_space=whole_space,
    )
    chosen = replies.OPTED_OUT if choice is Choice.OPTED_OUT else replies.OPTED_IN
    scope = replies.WHOLE_SPACE if whole_space else replies.THIS_RECORDING
    return Reply(chosen.format(invocation.language, scope=scope))


async def erase(context: Context, invocation: Invocation, *, recording: Recording) -> Reply:
    """The asking person's own track; the answer says of which recording, as there may be others."""
    await context.services.perform(
        operations.CONSENT,
        Consent,
        user=invocation.user,
        key=invocation.id,
        recording_id=recording.id,
        choice=Choice.OPTED_OUT,
        erase=True,
    )
    return Reply(replies.ERASED.format(invocation.language, recording=recordings.line(recording, invocation.language)))


async def status(context: Context, invocation: Invocation, *, recording_id: RecordingId) -> Reply:
    found = await context.services.perform(
        operations.STATUS, RecordingDetail, user=invocation.user, recording_id=recording_id
    )
    lines = [recordings.line(found, invocation.language)]
    lines += [f"🎙️ {recordings.plain(track.speaker.name)}" for track in found.tracks]
    if found.notes:
        noted = (f"{recordings.length(each.at_ms)} {recordings.plain(each.text)[:100]}" for each in found.notes[-5:])
        lines += [f"**{replies.NOTES.format(invocation.language)}**", *noted]
    if opted_out := {each.discord_id for each in found.consents if each.choice is Choice.OPTED_OUT}:
        lines.append(replies.OPT_OUTS.format(invocation.language, count=len(opted_out)))
    return Reply("\n".join(lines))


async def show_list(context: Context, invocation: Invocation) -> Reply:
    found = await _newest(context, invocation)
    return Reply(recordings.listed(found, invocation.language), link=None)


async def running(context: Context, invocation: Invocation) -> Recording:
    """The one that is meant: of the named channel, of the channel the person is in, or the only one."""
    channel = invocation.options.get("channel")
    found = _in(context.cache.running(invocation.guild_id), channel)
    if not found:
        newest = await _newest(context, invocation)
        found = _in([each for each in newest if each.state in recordings.RUNNING], channel)
    here = _in(found, invocation.voice_channel_id) if invocation.voice_channel_id else []
    if not found:
        raise Refusal(refusals.NOTHING_RUNS)
    if len(found) > 1 and not here:
        raise Refusal(refusals.SEVERAL_RUN, channels=", ".join(f"<#{each.voice_channel_id}>" for each in found))
    return (here or found)[0]


async def running_or_newest(context: Context, invocation: Invocation) -> Recording:
    """The one that runs, or else the newest there was, of the named channel if one is named."""
    try:
        return await running(context, invocation)
    except Refusal as refusal:
        if refusal.words is not refusals.NOTHING_RUNS:
            raise
    newest = _in([*await _newest(context, invocation)], invocation.options.get("channel"))
    if not newest:
        raise Refusal(refusals.NOTHING_RUNS)
    return newest[0]


async def _newest(context: Context, invocation: Invocation) -> tuple[Recording, ...]:
    page = await context.services.perform(
        operations.RECORDINGS,
        RecordingPage,
        user=invocation.user,
        guild_id=invocation.guild_id,
        limit=context.settings.listed_recordings_max,
    )
    return page.items


def _in(found: list[Recording], channel: str | None) -> list[Recording]:
    return [each for each in found if channel in {None, each.voice_channel_id}]
