"""The harness itself: it works from end to end, it counts rightly, and the load client sees what is lost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench import report
from bench.load import Measured
from bench.plan import QUICK
from bench.results import Results, Sample, cost_ratio
from testkit.machine import c_compiler

ROOT = Path(__file__).parents[2]
TOOLS = c_compiler() and all(map(shutil.which, ("node", "npm")))


def sample(path: str, *, cpu: float, number: int = 1) -> Sample:
    measured = Measured(
        messages=10, sockets=1, deliveries=10, answered=0, seconds=1, cpu={path: cpu}, client_cpu=0,
        p50_us=1000, p99_us=2000, max_us=3000, out_of_order=0, closed=0, frame_bytes=200,
    )  # fmt: skip
    return Sample(case="posts", path=path, pace="saturated", round=number, work=10, cpu=cpu, measured=measured)


class TestRatio:
    def test_is_taken_round_by_round(self) -> None:
        ours = [sample("ours", cpu=cpu) for cpu in (1.0, 10.0, 2.0)]
        peer = [sample("peer", cpu=cpu) for cpu in (3.0, 20.0, 8.0)]

        ratio = cost_ratio(ours, peer)

        assert (ratio.median, ratio.least, ratio.most) == (3.0, 2.0, 4.0)


@pytest.mark.skipif(not TOOLS, reason="needs a C compiler and Node.js with npm")
class TestBench:
    @pytest.mark.timeout(400)
    def test_goes_through_all_paths_and_leaves_the_document_alone(self) -> None:
        document = report.DOCUMENT.read_bytes()

        done = subprocess.run(
            [sys.executable, "-m", "bench"],
            cwd=ROOT, env={**os.environ, "QUICK": "1"}, capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert done.returncode == 0, done.stdout + done.stderr
        results = msgspec.json.decode((ROOT / "var" / "bench" / "results.json").read_bytes(), type=Results)
        paths = {(one.case, one.path) for one in results.samples}
        assert {path for _, path in paths} == {path for pair in results.compared for path in pair}
        assert all(one.cpu > 0 and one.work for one in results.samples)
        assert all(one.measured.deliveries == one.measured.messages * one.measured.sockets for one in results.samples)
        assert len(paths) == 5 * len(QUICK.fan_outs) + 2
        assert report.DOCUMENT.read_bytes() == document
