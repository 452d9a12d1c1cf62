"""Streams in: new recordings as a consumer group, and what people decide about those that are under way."""

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
from recorder_bot.usecases.recorder import Recorder
from streams.consumer import Effect
from streams.handlers import Handlers

STREAM: Final = "media.events"
GROUP: Final = "recorder-bot"
DECISIONS: Final = frozenset(
    event.TYPE for event in (RecordingPaused, RecordingResumed, RecordingFinished, RecordingFailed)
)

handlers: Handlers[Recorder] = Handlers()


@handlers.on(RecordingRequested)
async def claim_recording(recorder: Recorder, event: RecordingRequested) -> None:
    await recorder.claim(event)


def share(recorder: Recorder) -> Effect:
    """The lease at media makes sure that one recorder has it, however often and to whomever the event comes."""

    async def effect(envelope: Envelope) -> None:
        await handlers.handle(recorder, envelope)

    return effect


def view(recorder: Recorder) -> Callable[[list[Envelope]], None]:
    """The same arrives with the answer to the next report; by the stream it arrives at once."""
    decided, chosen = msgspec.json.Decoder(Recording), msgspec.json.Decoder(ConsentChanged)

    def deliver(envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            if envelope.type in DECISIONS:
                _decide(recorder, decided.decode(envelope.data))
            elif envelope.type == ConsentChanged.TYPE:
                _choose(recorder, chosen.decode(envelope.data))

    return deliver


def _decide(recorder: Recorder, recording: Recording) -> None:
    if session := recorder.sessions.get(recording.id):
        session.want(recording.state)


def _choose(recorder: Recorder, consent: ConsentChanged) -> None:
    for session in recorder.in_space(consent.space_id):
        if consent.recording_id not in {None, session.recording.id}:
            continue
        if consent.choice is Choice.OPTED_OUT:
            session.opt_out(consent.discord_id)
        else:
            session.opt_in(consent.discord_id)
