"""What a recorder has on its disk outlives it, once, and nothing that it had no right to."""

import os
from pathlib import Path

import msgspec
import pytest

from contracts.media import Gap
from recorder_bot.domain.gaps import gap
from recorder_bot.domain.track import Piece
from recorder_bot.store import journal
from recorder_bot.store.segments import JOURNAL, Refusal, Segments
from voice.ogg import HEADER_PAGES, Position, Writer


def piece(
    user_id: int,
    *,
    first_sample: int = 0,
    frames: int = 1,
    gaps: tuple[Gap, ...] = (),
    complete: bool = False,
) -> Piece:
    """Some silence."""
    writer = Writer(Position(serial=user_id, page=HEADER_PAGES, granule=first_sample))
    writer.write_silence(first_sample + 960 * frames)
    return Piece(
        user_id=user_id,
        first_sample=first_sample,
        data=writer.cut(),
        end=writer.samples,
        gaps=gaps,
        complete=complete,
    )


def tear(folder: Path) -> None:
    """The end of what was written last never reached the disk."""
    path = folder / JOURNAL
    path.write_bytes(path.read_bytes()[:-5])


class TestSealing:
    def test_what_a_crash_left_is_sealed_as_far_as_it_was_written_whole(self, tmp_path: Path) -> None:
        missing = gap(0, 960, "lost")
        whole = piece(5, first_sample=960, frames=10, gaps=(missing,))
        written = Segments(tmp_path)
        written.write([whole])
        written.write([piece(5, first_sample=960, frames=20)])
        tear(tmp_path)

        segments = Segments(tmp_path)
        ends = segments.seal_all()

        [wanted] = segments.waiting()
        assert (wanted.first_sample, wanted.last_sample, wanted.gaps) == (960, 960 * 11, (missing,))
        assert segments.read(wanted) == whole.data
        assert ends == {5: 960 * 11}

    def test_what_was_sealed_before_a_crash_is_not_sealed_again(self, tmp_path: Path) -> None:
        written = Segments(tmp_path)
        written.write([piece(5), piece(6)])
        written.write([piece(5, complete=True)])
        [acknowledged] = written.waiting()
        written.forget(acknowledged)

        segments = Segments(tmp_path)
        segments.seal_all()

        assert [wanted.discord_id for wanted in segments.waiting()] == ["6"]

    def test_what_was_sealed_right_before_a_crash_is_sealed_once(self, tmp_path: Path) -> None:
        written = Segments(tmp_path)
        written.write([piece(5)])
        written.write([piece(5, complete=True)])
        tear(tmp_path)

        segments = Segments(tmp_path)
        segments.seal_all()

        assert segments.waiting() == written.waiting()

    def test_a_long_journal_is_rewritten_with_what_is_still_open(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(journal, "GROWTH_BYTES", 0)
        written = Segments(tmp_path)
        for _ in range(3):
            written.write([piece(5, complete=True), piece(6)])
        pieces = list(journal.Journal(tmp_path / JOURNAL).read())

        segments = Segments(tmp_path)
        segments.seal_all()

        [*_, theirs] = segments.waiting()
        assert len(pieces) < len(["5", "6", "5 is sealed"] * 3)
        assert (theirs.discord_id, segments.read(theirs)) == ("6", piece(6).data * 3)
        assert len(segments.waiting()) == 4

    def test_what_had_no_room_hides_nothing_that_follows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fill_up(_file: int) -> None:
            tear(tmp_path)
            raise OSError("no space left")

        written, first, last = Segments(tmp_path), piece(5), piece(5, first_sample=960 * 7)
        written.write([first])
        with monkeypatch.context() as full:
            full.setattr(os, "fdatasync", fill_up)
            with pytest.raises(OSError, match="no space left"):
                written.write([piece(5, first_sample=960)])
        written.write([last])

        assert list(journal.Journal(tmp_path / JOURNAL).read()) == [first, last]

    def test_who_opts_out_is_erased_from_what_is_open(self, tmp_path: Path) -> None:
        segments = Segments(tmp_path)
        segments.write([piece(5), piece(6)])

        segments.erase(["5"])

        assert Segments(tmp_path).seal_all() == {6: 960}

    def test_what_media_refuses_is_kept_aside_with_the_reason(self, tmp_path: Path) -> None:
        segments = Segments(tmp_path)
        segments.write([piece(5, complete=True)])
        [wanted] = segments.waiting()

        segments.refuse(Refusal(code="no_room", detail="full", segment=wanted))
        segments.remove()

        assert segments.waiting() == []
        kept = {path.name: path.read_bytes() for path in (tmp_path / "refused").iterdir()}
        assert kept[f"{wanted.id}.ogg"] == piece(5).data
        assert msgspec.json.decode(kept[f"{wanted.id}.json"], type=Refusal).code == "no_room"

    def test_who_opts_out_is_erased_from_what_was_refused_too(self, tmp_path: Path) -> None:
        segments = Segments(tmp_path)
        segments.write([piece(user, complete=True) for user in (5, 6)])
        for wanted in segments.waiting():
            segments.refuse(Refusal(code="no_room", detail="full", segment=wanted))

        segments.erase(["5"])

        [kept] = (tmp_path / "refused").glob("*.json")
        assert msgspec.json.decode(kept.read_bytes(), type=Refusal).segment.discord_id == "6"

    def test_what_was_not_written_whole_is_nothing(self, tmp_path: Path) -> None:
        Segments(tmp_path).write([piece(5)])
        tear(tmp_path)

        assert Segments(tmp_path).seal_all() == {}
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
