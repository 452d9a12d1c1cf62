"""What the recorder says in Discord."""

from typing import Final

from contracts.media import StopReason
from recorder_bot.domain import warnings
from recorder_bot.domain.joining import Obstacle

MARK_RECORDING: Final = "🔴 "
MARK_PAUSED: Final = "⏸ "
NICKNAME_CHARS_MAX: Final = 32

ANNOUNCEMENT: Final = (
    "🔴 **This voice channel is being recorded.** Everyone who speaks gets a track of their own. "
    "If you do not want to be recorded, use `/consent`: nothing you say will be recorded."
)
WENT_ON: Final = "🔴 The recording goes on after an interruption. What was said meanwhile is missing from it."
PAUSED: Final = "⏸ The recording is paused: nothing is recorded."
RESUMED: Final = "🔴 The recording goes on."

ENDED: Final[dict[StopReason, str]] = {
    StopReason.ASKED: "⏹ The recording has ended.",
    StopReason.LENGTH: "⏹ The recording has ended: it reached the maximum length.",
    StopReason.SIZE: "⏹ The recording has ended: it reached the maximum size.",
    StopReason.SILENCE: "⏹ The recording has ended: no one has spoken for a long time.",
    StopReason.EMPTY: "⏹ The recording has ended: everyone has left.",
    StopReason.REMOVED: "⏹ The recording has ended: the recorder was taken out of the voice channel.",
    StopReason.RECORDER_LOST: "⏹ The recording has ended: the recorder could not go on.",
}

WARNINGS: Final[dict[str, str]] = {
    warnings.NO_AUDIO: "⚠️ No one can be heard. Are the microphones on?",
    warnings.DEAFENED: "⚠️ The recorder is deafened in this server: it hears nothing. Please undeafen it.",
    warnings.HIGH_LATENCY: "⚠️ The connection to Discord is slow; the recording may have gaps.",
    warnings.TOO_MANY_SPEAKERS: "⚠️ There are more speakers than tracks; the latest speakers are not recorded.",
    warnings.NICKNAME_REFUSED: "⚠️ The recorder may not change its nickname to show that it records.",
    warnings.SEGMENTS_REFUSED: "⚠️ Part of the recording could not be stored; it is kept on the recorder's own disk.",
    warnings.DISK_FULL: "⚠️ The recorder's disk is full or failing: what is said now is not recorded.",
    warnings.UNDECRYPTABLE: "⚠️ Voice cannot be decrypted; the recorder is asking Discord for new keys.",
    warnings.CONNECT_LOST: (
        "⚠️ The recorder no longer has the permission *Connect* for this voice channel. "
        "If its connection breaks, it cannot come back. Please grant it again."
    ),
}
RECOVERED: Final[dict[str, str]] = {
    warnings.DISK_FULL: "✅ The recorder's disk has room again: everything is recorded.",
    warnings.UNDECRYPTABLE: "✅ Voice can be decrypted again.",
    warnings.CONNECT_LOST: "✅ The recorder has the permission *Connect* again.",
}

NEVER_BEGAN: Final = "It was stopped before it began."
UNTOLD: Final = (
    "The recorder may not write in the voice channel's chat or in the channel where the recording was requested, so it "
    "could not tell people that they are recorded. It needs the permission Send Messages in one of them."
)
NOT_JOINED: Final[dict[Obstacle, str]] = {
    Obstacle.NO_CHANNEL: "The voice channel does not exist any more.",
    Obstacle.NO_VIEW: "The recorder cannot see the voice channel: it needs the permission View Channel there.",
    Obstacle.NO_CONNECT: "The recorder may not join the voice channel: it needs the permission Connect there.",
    Obstacle.CHANNEL_FULL: "The voice channel is full: the recorder needs a place, or the permission Move Members.",
    Obstacle.RATE_LIMITED: "Discord does not let the recorder join for now: it joined too often.",
    Obstacle.UNREACHABLE: "The voice channel could not be joined: Discord's voice server did not answer.",
}


def marked(mark: str, name: str) -> str:
    """A nickname that shows what the recorder does."""
    return (mark + name.removeprefix(MARK_RECORDING).removeprefix(MARK_PAUSED))[:NICKNAME_CHARS_MAX]
