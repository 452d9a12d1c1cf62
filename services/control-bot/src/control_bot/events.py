"""Streams in: what media tells about recordings, for the cache and the panels."""

from typing import Final

import msgspec
import structlog

from contracts.events import Envelope
from contracts.ids import RecordingId
from contracts.media import (
    Recording,
    RecordingClaimed,
    RecordingFailed,
    RecordingFinished,
    RecordingPaused,
    RecordingProgressed,
    RecordingReady,
    RecordingRequested,
    RecordingResumed,
    RecordingStarted,
)
from control_bot.store.cache import RecordingCache
from control_bot.usecases.panels import PanelUpdater
from streams.subscriber import Deliver

log = structlog.get_logger()

MEDIA_EVENTS: Final = "media.events"
HEARD: Final = frozenset(
    event.TYPE
    for event in (
        RecordingRequested,
        RecordingClaimed,
        RecordingStarted,
        RecordingPaused,
        RecordingResumed,
        RecordingProgressed,
        RecordingFinished,
        RecordingReady,
        RecordingFailed,
    )
)
"""Each of them is the whole recording: only the newest counts."""


def listener(cache: RecordingCache, updater: PanelUpdater) -> Deliver:
    """For a view: the newest of what came together."""
    decoder = msgspec.json.Decoder(Recording)

    def hear(envelopes: list[Envelope]) -> None:
        newest: dict[RecordingId, Recording] = {}
        for envelope in envelopes:
            if envelope.type in HEARD:
                try:
                    recording = decoder.decode(envelope.data)
                except msgspec.MsgspecError as error:
                    log.warning("event.unreadable", type=envelope.type, id=str(envelope.id), error=str(error)[:200])
                else:
                    newest[recording.id] = recording
        for recording in newest.values():
            cache.keep(recording)
            updater.show(recording)

    return hear
