"""When a recording ends by itself, what people are warned of, and what is left after a crash."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from contracts.media import PacketCounts, StopReason
from recorder_bot.domain.endings import Endings, Standing, ending
from recorder_bot.domain.gaps import gap
from recorder_bot.domain.track import Piece
from recorder_bot.domain.worries import DEAFENED, HIGH_LATENCY, NO_AUDIO, Signs, Tolerance, worries
from recorder_bot.store.segments import Refusal, Segments
from recorder_bot.usecases import meters
from voice.ogg import HEADER_PAGES, Position, Writer

ENDINGS = Endings(length_ms_max=1000, bytes_max=1000, silence_seconds_max=60, empty_seconds_max=10)
TOLERANCE = Tolerance(no_audio_seconds=60, latency_ms_max=1000)


def page() -> bytes:
    """A fifth of a second of silence."""
    writer = Writer(Position(serial=5, page=HEADER_PAGES, granule=0))
    writer.write_silence(960 * 10)
    return writer.cut()


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
        ("signs", "found"),
        [
            (Signs(people_present=1, unheard_seconds=59, deafened=False, latency_ms=20), set[str]()),
            (Signs(people_present=0, unheard_seconds=99, deafened=False, latency_ms=20), set[str]()),
            (Signs(people_present=1, unheard_seconds=60, deafened=True, latency_ms=20), {NO_AUDIO, DEAFENED}),
            (Signs(people_present=0, unheard_seconds=0, deafened=False, latency_ms=1001), {HIGH_LATENCY}),
        ],
    )
    def test_people_are_told_what_is_wrong(self, signs: Signs, found: set[str]) -> None:
        assert worries(signs, TOLERANCE) == found


class TestSealing:
    def test_what_a_crash_left_is_sealed_up_to_its_last_whole_page(self, tmp_path: Path) -> None:
        writer = Writer(Position(serial=5, page=HEADER_PAGES, granule=960))
        writer.write_silence(960 * 11)
        whole = writer.cut()
        writer.write_silence(960 * 21)
        torn = whole + writer.cut()[:-5]
        missing = gap(0, 960, "lost")
        Segments(tmp_path).write([Piece(user_id=5, first_sample=960, data=torn, gaps=(missing,))])

        segments = Segments(tmp_path)
        ends = segments.seal_all()

        [wanted] = segments.waiting()
        assert (wanted.first_sample, wanted.last_sample, wanted.gaps) == (960, 960 * 11, (missing,))
        assert segments.read(wanted) == whole
        assert ends == {5: 960 * 11}

    def test_what_media_refuses_is_kept_aside_with_the_reason(self, tmp_path: Path) -> None:
        segments = Segments(tmp_path)
        segments.write([Piece(user_id=5, first_sample=0, data=page(), complete=True)])
        [wanted] = segments.waiting()

        segments.refuse(Refusal(code="no_room", detail="full", segment=wanted))
        segments.remove()

        assert segments.waiting() == []
        kept = {path.name: path.read_bytes() for path in (tmp_path / "refused").iterdir()}
        assert kept[f"{wanted.id}.ogg"] == page()
        assert msgspec.json.decode(kept[f"{wanted.id}.json"], type=Refusal).code == "no_room"

    def test_who_opts_out_is_erased_from_what_was_refused_too(self, tmp_path: Path) -> None:
        segments = Segments(tmp_path)
        segments.write([Piece(user_id=user, first_sample=0, data=page(), complete=True) for user in (5, 6)])
        for wanted in segments.waiting():
            segments.refuse(Refusal(code="no_room", detail="full", segment=wanted))

        segments.erase(["5"])

        [kept] = (tmp_path / "refused").glob("*.json")
        assert msgspec.json.decode(kept.read_bytes(), type=Refusal).segment.discord_id == "6"

    def test_what_has_no_whole_page_is_nothing(self, tmp_path: Path) -> None:
        segments = Segments(tmp_path)
        segments.write([Piece(user_id=5, first_sample=0, data=b"OggS")])

        assert segments.seal_all() == {}
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


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
