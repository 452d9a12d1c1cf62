"""How recordings are shown to people: states, lengths, lists."""

from collections.abc import Sequence
from typing import Final

from contracts.media import Recording, RecordingState, StopReason
from control_bot.domain.localized import Language, LocalizedText

RUNNING: Final = frozenset(
    {RecordingState.REQUESTED, RecordingState.JOINING, RecordingState.RECORDING, RecordingState.PAUSED}
)
"""What can be stopped."""

STATES: Final[dict[RecordingState, LocalizedText]] = {
    RecordingState.REQUESTED: LocalizedText(en="⏳ waiting for a recorder", de="⏳ wartet auf einen Rekorder"),
    RecordingState.JOINING: LocalizedText(en="⏳ joining the channel", de="⏳ tritt dem Kanal bei"),
    RecordingState.RECORDING: LocalizedText(en="🔴 recording", de="🔴 nimmt auf"),
    RecordingState.PAUSED: LocalizedText(en="⏸️ paused", de="⏸️ pausiert"),
    RecordingState.FINISHING: LocalizedText(en="⏳ being processed", de="⏳ wird verarbeitet"),
    RecordingState.READY: LocalizedText(en="✅ ready", de="✅ fertig"),
    RecordingState.FAILED: LocalizedText(en="❌ failed", de="❌ fehlgeschlagen"),
}
REASONS: Final[dict[StopReason, LocalizedText]] = {
    StopReason.ASKED: LocalizedText(en="it was stopped", de="sie wurde beendet"),
    StopReason.LENGTH: LocalizedText(en="it reached the maximum length", de="sie hat die maximale Länge erreicht"),
    StopReason.SIZE: LocalizedText(en="it reached the maximum size", de="sie hat die maximale Größe erreicht"),
    StopReason.SILENCE: LocalizedText(en="no one had spoken for a long time", de="lange hat niemand mehr gesprochen"),
    StopReason.EMPTY: LocalizedText(en="everyone had left", de="alle hatten den Kanal verlassen"),
    StopReason.REMOVED: LocalizedText(
        en="the recorder was removed from the channel", de="der Rekorder wurde aus dem Kanal entfernt"
    ),
    StopReason.RECORDER_LOST: LocalizedText(
        en="the recorder went away; everything received until then is kept",
        de="der Rekorder war nicht mehr da; alles bis dahin ist erhalten",
    ),
}
NONE_YET: Final = LocalizedText(
    en="There are no recordings yet. Start one with `/record start`.",
    de="Es gibt noch keine Aufnahmen. Starte eine mit `/record start`.",
)
UNTITLED: Final = LocalizedText(en="Recording", de="Aufnahme")


def length(milliseconds: int) -> str:
    """`1:02:03`, hours left out when there are none."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def plain(text: str) -> str:
    """What somebody wrote, without its Markdown."""
    return "".join(f"\\{sign}" if sign in "\\*_~`|<>[]()#-@" else sign for sign in text)


def title(recording: Recording, language: Language) -> str:
    return plain(recording.title) or UNTITLED.format(language)


def line(recording: Recording, language: Language) -> str:
    """One recording in a list."""
    began = int((recording.started_at or recording.created_at).timestamp())
    state = STATES[recording.state].format(language)
    return (
        f"**{title(recording, language)}** · <#{recording.voice_channel_id}> · <t:{began}:f> · "
        f"{length(recording.duration_ms)} · {state}"
    )


def listed(recordings: Sequence[Recording], language: Language) -> str:
    return "\n".join(line(each, language) for each in recordings) or NONE_YET.format(language)


def ending(recording: Recording, language: Language) -> str | None:
    """Why it ended, or failed."""
    if recording.state is RecordingState.FAILED:
        return recording.failure
    return REASONS[recording.stop_reason].format(language) if recording.stop_reason else None
