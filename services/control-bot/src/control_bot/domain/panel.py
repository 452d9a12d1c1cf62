"""The live panel of a recording: what stands in it, and which buttons can be pressed."""

from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from contracts.ids import RecordingId
from contracts.media import Recording, RecordingState
from control_bot.domain import recordings
from control_bot.domain.localized import Language, LocalizedText

SPEAKERS_MAX: Final = 20
WARNINGS_MAX: Final = 3
_PREFIX: Final = "panel"


class Act(StrEnum):
    """What a button of the panel does."""

    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    NOTE = "note"
    OPT_OUT = "opt_out"


class Button(msgspec.Struct, frozen=True):
    act: Act
    custom_id: str
    label: str
    enabled: bool


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody in the channel sees. `link` leads to the recording once it is ready."""

    title: str
    fields: tuple[tuple[str, str], ...]
    buttons: tuple[Button, ...]
    colour: int
    link: tuple[str, str] | None = None


LABELS: Final[dict[Act, LocalizedText]] = {
    Act.STOP: LocalizedText(en="Stop", de="Beenden"),
    Act.PAUSE: LocalizedText(en="Pause", de="Pause"),
    Act.RESUME: LocalizedText(en="Resume", de="Fortsetzen"),
    Act.NOTE: LocalizedText(en="Note", de="Notiz"),
    Act.OPT_OUT: LocalizedText(en="Do not record me", de="Nimm mich nicht auf"),
}
_COLOURS: Final[dict[RecordingState, int]] = {
    RecordingState.RECORDING: 0xD83C3E,
    RecordingState.PAUSED: 0xF0B232,
    RecordingState.READY: 0x23A55A,
}
_GREY: Final = 0x80848E
_STATE: Final = LocalizedText(en="State", de="Status")
_CHANNEL: Final = LocalizedText(en="Channel", de="Kanal")
_LENGTH: Final = LocalizedText(en="Length", de="Länge")
_SPEAKERS: Final = LocalizedText(en="Speakers", de="Sprechende")
_MORE: Final = LocalizedText(en="… and {count} more", de="… und {count} weitere")
_ENDED: Final = LocalizedText(en="Why it ended", de="Grund für das Ende")
_LOOK: Final = LocalizedText(en="Warnings", de="Warnungen")
_LISTEN: Final = LocalizedText(en="Listen", de="Anhören")


def custom_id(act: Act, recording_id: RecordingId) -> str:
    return f"{_PREFIX}:{act}:{recording_id}"


def pressed(given: str) -> tuple[Act, RecordingId] | None:
    """Whose button that is; None when it is not one of a panel's."""
    prefix, _, rest = given.partition(":")
    act, _, recording_id = rest.partition(":")
    try:
        return (Act(act), RecordingId(UUID(recording_id))) if prefix == _PREFIX else None
    except ValueError:
        return None


def panel_of(recording: Recording, *, language: Language, address: str) -> Panel:
    """`address` is where the recording can be heard once it is ready."""
    fields = [
        (_STATE.format(language), recordings.STATES[recording.state].format(language)),
        (_CHANNEL.format(language), f"<#{recording.voice_channel_id}>"),
        (_LENGTH.format(language), recordings.length(recording.duration_ms)),
    ]
    if recording.tracks:
        fields.append((_SPEAKERS.format(language), _speakers(recording, language)))
    if recording.warnings:
        latest = [each.detail or each.code for each in recording.warnings[-WARNINGS_MAX:]]
        fields.append((_LOOK.format(language), "\n".join(f"⚠️ {recordings.plain(each)}"[:300] for each in latest)))
    if ending := recordings.ending(recording, language):
        fields.append((_ENDED.format(language), ending[:1000]))
    ready = recording.state is RecordingState.READY
    return Panel(
        title=recordings.title(recording, language)[:256],
        fields=tuple(fields),
        buttons=_buttons(recording, language),
        colour=_COLOURS.get(recording.state, _GREY),
        link=(_LISTEN.format(language), address) if ready else None,
    )


def _speakers(recording: Recording, language: Language) -> str:
    names = [recordings.plain(track.speaker.name)[:40] for track in recording.tracks[:SPEAKERS_MAX]]
    rest = len(recording.tracks) - len(names)
    return ", ".join(names) + (" " + _MORE.format(language, count=rest) if rest else "")


def _buttons(recording: Recording, language: Language) -> tuple[Button, ...]:
    """Pause or resume, whichever makes sense; none when there is nothing left to do."""
    state = recording.state
    if state not in recordings.RUNNING:
        return ()
    under_way = {RecordingState.RECORDING, RecordingState.PAUSED}
    acts = {
        Act.STOP: True,
        (Act.RESUME if state is RecordingState.PAUSED else Act.PAUSE): state in under_way,
        Act.NOTE: state in under_way,
        Act.OPT_OUT: True,
    }
    return tuple(
        Button(act, custom_id(act, recording.id), LABELS[act].format(language), enabled)
        for act, enabled in acts.items()
    )
