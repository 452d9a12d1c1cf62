"""Streams in: new recordings as a share of work, and what people decide about those that are under way."""

from collections.abc import Callable
from typing import Final

import msgspec

from contracts.events import Envelope
from contracts.media import (
    Choice,
    ConsentChanged,
    Recording,
    RecordingFailed,
    RecordingFinished,
    RecordingPaused,
    RecordingRequested,
    RecordingResumed,
)
from recorder_bot.usecases.studio import Studio
from streams.handlers import Handlers
from streams.work import Effect

STREAM: Final = "media.events"
GROUP: Final = "recorder-bot"
DECISIONS: Final = frozenset(
    event.TYPE for event in (RecordingPaused, RecordingResumed, RecordingFinished, RecordingFailed)
)

handlers: Handlers[Studio] = Handlers()


@handlers.on(RecordingRequested)
async def take_recording(studio: Studio, event: RecordingRequested) -> None:
    await studio.take(event)


def share(studio: Studio) -> Effect:
    """The lease at media makes sure that one recorder has it, however often and to whomever the event comes."""

    async def effect(envelope: Envelope) -> None:
        await handlers.handle(studio, envelope)

    return effect


def view(studio: Studio) -> Callable[[list[Envelope]], None]:
    """The same arrives with the answer to the next report; by the stream it arrives at once."""
    decided, chosen = msgspec.json.Decoder(Recording), msgspec.json.Decoder(ConsentChanged)

    def deliver(envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            if envelope.type in DECISIONS:
                _decide(studio, decided.decode(envelope.data))
            elif envelope.type == ConsentChanged.TYPE:
                _choose(studio, chosen.decode(envelope.data))

    return deliver


def _decide(studio: Studio, recording: Recording) -> None:
    if take := studio.takes.get(recording.id):
        take.want(recording.state)


def _choose(studio: Studio, consent: ConsentChanged) -> None:
    for take in studio.in_space(consent.space_id):
        if consent.recording_id not in {None, take.recording.id}:
            continue
        if consent.choice is Choice.OPTED_OUT:
            take.opt_out(consent.discord_id)
        else:
            take.opt_in(consent.discord_id)
