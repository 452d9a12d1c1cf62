"""When a recording ends by itself, what people are warned of, and what is counted."""

from collections import Counter

import pytest

from contracts.media import PacketCounts, StopReason
from recorder_bot.domain.endings import Endings, Standing, ending
from recorder_bot.domain.warnings import DEAFENED, HIGH_LATENCY, NO_AUDIO, Health, Thresholds, health_warnings
from recorder_bot.usecases import meters

ENDINGS = Endings(length_ms_max=1000, bytes_max=1000, silence_seconds_max=60, empty_seconds_max=10)
THRESHOLDS = Thresholds(no_audio_seconds=60, latency_ms_max=1000)


class TestEnding:
    @pytest.mark.parametrize(
        ("standing", "reason"),
        [
            (Standing(position_ms=999, bytes_written=999, silent_seconds=59, empty_seconds=9), None),
            (Standing(position_ms=1000), StopReason.LENGTH),
            (Standing(bytes_written=1000), StopReason.SIZE),
            (Standing(silent_seconds=60), StopReason.SILENCE),
            (Standing(empty_seconds=10, silent_seconds=60), StopReason.EMPTY),
        ],
    )
    def test_the_first_limit_that_is_reached_ends_it(self, standing: Standing, reason: StopReason | None) -> None:
        assert ending(ENDINGS, standing) is reason


class TestWarning:
    @pytest.mark.parametrize(
        ("health", "found"),
        [
            (Health(people_present=1, unheard_seconds=59, deafened=False, latency_ms=20), set[str]()),
            (Health(people_present=0, unheard_seconds=99, deafened=False, latency_ms=20), set[str]()),
            (Health(people_present=1, unheard_seconds=60, deafened=True, latency_ms=20), {NO_AUDIO, DEAFENED}),
            (Health(people_present=0, unheard_seconds=0, deafened=False, latency_ms=1001), {HIGH_LATENCY}),
        ],
    )
    def test_people_are_told_what_is_wrong(self, health: Health, found: set[str]) -> None:
        assert health_warnings(health, THRESHOLDS) == found


class TestMeasuring:
    def test_counts_what_has_come_since_the_last_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        added: Counter[str] = Counter()

        def add(more: int, labels: dict[str, str]) -> None:
            added[labels["outcome"]] += more

        monkeypatch.setattr(meters.packets, "add", add)
        an_earlier_process = {"5": PacketCounts(received=10, written=9, dropped={"paused": 1})}
        meter = meters.PacketMeter(an_earlier_process)

        meter.look(an_earlier_process)
        meter.look({"5": PacketCounts(received=14, written=11, lost=2, dropped={"paused": 3})})

        assert added == {"received": 4, "written": 2, "lost": 2, "paused": 2}
