"""Every instrument is named as the conventions ask for, and has a help."""

import re
from typing import Final

import gateway.realtime.meters
import media.usecases.meters
import recorder_bot.usecases.meters
import streams.meters
from chassis import metrics

from . import tree

MODULES: Final = (gateway.realtime.meters, media.usecases.meters, recorder_bot.usecases.meters, streams.meters)
OWNERS: Final = ("auth", "messaging", "media", "gateway", "control_bot", "recorder_bot", "streams", "chassis")
NAME: Final = re.compile(f"(?:{'|'.join(OWNERS)})_[a-z]+(?:_[a-z]+)*")


class TestInstruments:
    def test_are_named_after_their_owner_and_what_they_count(self) -> None:
        assert len(metrics.INSTRUMENTS) > len(MODULES)
        tree.check(
            (name for name in metrics.INSTRUMENTS if not NAME.fullmatch(name)), advice="<service>_<noun>_<unit>:"
        )

    def test_have_a_help(self) -> None:
        tree.check((name for name, text in metrics.INSTRUMENTS.items() if not text), advice="Say what it counts:")
