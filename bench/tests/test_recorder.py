"""What recording costs: both listeners hear what is said; when the recorder misses something there are no figures."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import recorder, report
from bench.programs import BenchError
from bench.recorder_report import DISCORD_JS, RECORDER, Plan, Results, Sample, table
from bench.recorder_room import missing
from discord_sim.voice.ledger import digest

ROOT = Path(__file__).parents[2]
MINI = ("--speakers=2", "--seconds=1", "--rounds=1", "--round-seconds=1", "--warm-up-seconds=0.5")
PACKETS = 2 * 55
"""What two people say in a second, with the silence that ends it."""


def sample(listener: str, *, cpu: float = 0.02, missing: int = 0) -> Sample:
    return Sample(listener=listener, packets=1000, cpu=cpu, peak_mebibytes=100, missing=missing)


def results(*samples: Sample) -> Results:
    return Results(plan=Plan(), date="", machine={}, whole=sample(RECORDER), samples=list(samples))


class TestResults:
    def test_compare_round_by_round(self) -> None:
        found = results(
            sample(RECORDER, cpu=0.01), sample(DISCORD_JS, cpu=0.04),
            sample(DISCORD_JS, cpu=0.04), sample(RECORDER, cpu=0.02),
            sample(RECORDER, cpu=0.09), sample(DISCORD_JS, cpu=0.10),
        )  # fmt: skip

        ratio = found.cost_ratio

        assert (ratio.median, ratio.least, ratio.most) == pytest.approx((0.5, 0.25, 0.9))
        assert "| recorder-bot, rounds | 3,000 | 0 | 20.00 (10.00 to 90.00) | 1,000 | 100 |" in table(found)

    def test_are_none_when_the_recorder_missed_something(self) -> None:
        recorder.check(results(sample(RECORDER), sample(DISCORD_JS, missing=1)))

        with pytest.raises(BenchError, match="1 frames"):
            recorder.check(results(sample(RECORDER, missing=1), sample(DISCORD_JS)))


class TestMissing:
    def test_counts_what_was_said_and_is_not_there_as_often(self) -> None:
        said = [digest(packet) for packet in (b"one", b"two", b"two", b"three")]

        assert missing(said, [b"two", b"three", b"two", b"one", b"four"]) == 0
        assert missing(said, [b"two", b"four"]) == 3


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js with npm")
class TestRecorder:
    @pytest.mark.timeout(300)
    def test_and_discord_js_hear_what_is_said_and_the_document_is_left_alone(self) -> None:
        document = report.DOCUMENT.read_bytes()

        done = subprocess.run(
            [sys.executable, "-m", "bench.recorder", *MINI], cwd=ROOT, capture_output=True, text=True, check=False
        )

        assert done.returncode == 0, done.stdout + done.stderr
        heard = re.findall(r"^\| (.+?) \| (\d+) \| (\d+) \| [\d.]+ \| [\d,]+ \| \d+ \|$", done.stdout, re.MULTILINE)
        [whole, ours, theirs] = [(name, int(packets), int(missing)) for name, packets, missing in heard]
        assert whole == ("recorder-bot, 1 s", PACKETS, 0)
        assert ours == ("recorder-bot, rounds", ours[1], 0)
        assert theirs[0] == "discord.js, rounds"
        assert theirs[2] < PACKETS / 2, "it may be late on a loaded machine, but not deaf"
        assert report.DOCUMENT.read_bytes() == document
