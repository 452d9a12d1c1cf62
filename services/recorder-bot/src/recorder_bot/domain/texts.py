"""What the recorder says in Discord."""

from typing import Final

from contracts.media import StopReason
from recorder_bot.domain import warnings

MARK_RECORDING: Final = "🔴 "
MARK_PAUSED: Final = "⏸ "
NICKNAME_CHARS_MAX: Final = 32

ANNOUNCEMENT: Final = (
    "🔴 **This voice channel is being recorded.** Everybody who speaks gets a track of their own. "
    "If you do not want to be recorded, use `/consent`: nothing you say will be written."
)
WENT_ON: Final = "🔴 The recording goes on after an interruption. What was said meanwhile is missing from it."
PAUSED: Final = "⏸ The recording is paused: nothing is written."
RESUMED: Final = "🔴 The recording goes on."

ENDED: Final[dict[StopReason, str]] = {
    StopReason.ASKED: "⏹ The recording has ended.",
    StopReason.LENGTH: "⏹ The recording has ended: it is as long as a recording may be.",
    StopReason.SIZE: "⏹ The recording has ended: it is as large as a recording may be.",
    StopReason.SILENCE: "⏹ The recording has ended: nobody has said anything for a long time.",
    StopReason.EMPTY: "⏹ The recording has ended: everybody has left.",
    StopReason.REMOVED: "⏹ The recording has ended: the recorder was taken out of the voice channel.",
    StopReason.RECORDER_LOST: "⏹ The recording has ended: the recorder could not go on.",
}

WARNINGS: Final[dict[str, str]] = {
    warnings.NO_AUDIO: "⚠️ Nobody can be heard. Is every microphone on?",
    warnings.DEAFENED: "⚠️ The recorder is deafened in this server: it hears nothing. Please undeafen it.",
    warnings.HIGH_LATENCY: "⚠️ The connection to Discord is slow; the recording may have gaps.",
    warnings.TOO_MANY_SPEAKERS: "⚠️ There are more speakers than there may be tracks; the latest are not recorded.",
    warnings.NICKNAME_REFUSED: "⚠️ The recorder may not change its nickname to show that it records.",
    warnings.SEGMENTS_REFUSED: "⚠️ A part of the recording could not be stored. Whoever runs the recorder has it.",
}


def marked(mark: str, name: str) -> str:
    """A nickname that shows what the recorder does."""
    return (mark + name.removeprefix(MARK_RECORDING).removeprefix(MARK_PAUSED))[:NICKNAME_CHARS_MAX]
