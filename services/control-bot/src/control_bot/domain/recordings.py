"""How recordings are told to people: states, lengths, lists."""

from collections.abc import Sequence
from typing import Final

from contracts.media import Recording, RecordingState, StopReason
from control_bot.domain.words import Language, Words

RUNNING: Final = frozenset(
    {RecordingState.REQUESTED, RecordingState.JOINING, RecordingState.RECORDING, RecordingState.PAUSED}
)
"""What can be stopped."""

STATES: Final[dict[RecordingState, Words]] = {
    RecordingState.REQUESTED: Words(en="⏳ waiting for a recorder", de="⏳ wartet auf einen Rekorder"),
    RecordingState.JOINING: Words(en="⏳ joining the channel", de="⏳ kommt in den Kanal"),
    RecordingState.RECORDING: Words(en="🔴 recording", de="🔴 nimmt auf"),
    RecordingState.PAUSED: Words(en="⏸️ paused", de="⏸️ pausiert"),
    RecordingState.FINISHING: Words(en="⏳ being finished", de="⏳ wird fertiggestellt"),
    RecordingState.READY: Words(en="✅ ready", de="✅ fertig"),
    RecordingState.FAILED: Words(en="❌ failed", de="❌ gescheitert"),
}
REASONS: Final[dict[StopReason, Words]] = {
    StopReason.ASKED: Words(en="somebody ended it", de="jemand hat sie beendet"),
    StopReason.LENGTH: Words(en="it was as long as one may be", de="sie war so lang, wie eine sein darf"),
    StopReason.SIZE: Words(en="it was as large as one may be", de="sie war so groß, wie eine sein darf"),
    StopReason.SILENCE: Words(en="nobody spoke any more", de="niemand sprach mehr"),
    StopReason.EMPTY: Words(en="everybody had left", de="alle waren gegangen"),
    StopReason.REMOVED: Words(
        en="the recorder was removed from the channel", de="der Rekorder wurde aus dem Kanal entfernt"
    ),
    StopReason.RECORDER_LOST: Words(
        en="the recorder was lost; what had arrived is kept",
        de="der Rekorder ging verloren; was angekommen war, ist da",
    ),
}
NONE_YET: Final = Words(
    en="There are no recordings yet; `/record start` makes one.",
    de="Es gibt noch keine Aufnahmen; `/record start` macht eine.",
)
UNTITLED: Final = Words(en="Recording", de="Aufnahme")


def length(milliseconds: int) -> str:
    """`1:02:03`, hours left out when there are none."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def plain(text: str) -> str:
    """What somebody wrote, without its Markdown."""
    return "".join(f"\\{sign}" if sign in "\\*_~`|<>[]()#-@" else sign for sign in text)


def title(recording: Recording, language: Language) -> str:
    return plain(recording.title) or UNTITLED.say(language)


def line(recording: Recording, language: Language) -> str:
    """One recording in a list."""
    began = int((recording.started_at or recording.created_at).timestamp())
    state = STATES[recording.state].say(language)
    return (
        f"**{title(recording, language)}** · <#{recording.voice_channel_id}> · <t:{began}:f> · "
        f"{length(recording.duration_ms)} · {state}"
    )


def listed(recordings: Sequence[Recording], language: Language) -> str:
    return "\n".join(line(each, language) for each in recordings) or NONE_YET.say(language)


def ending(recording: Recording, language: Language) -> str | None:
    """Why it ended, or failed."""
    if recording.state is RecordingState.FAILED:
        return recording.failure
    return REASONS[recording.stop_reason].say(language) if recording.stop_reason else None
