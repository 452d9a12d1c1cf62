"""`make bench`: ours and the peer in one run, on the same servers; QUICK=1 only shows that it works."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import msgspec

from bench import report, rounds
from bench.plan import FULL, QUICK
from bench.programs import BenchError
from bench.results import Results
from embedded.failures import EmbeddedError
from testkit import machine

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "docs" / "performance.json"
TRIAL_RESULTS: Final = ROOT / "var" / "bench" / "results.json"


def main() -> int:
    """0 with the figures written, 1 with the reason why there are none."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--report", action="store_true", help="write the tables anew from the last full run's results")
    parser.add_argument("--only", choices=["fan-out", "posts"], help="half of it; docs/ stays as it is")
    asked = parser.parse_args()
    machine.provide_node()
    if asked.report:
        report.write(msgspec.json.decode(RESULTS.read_bytes(), type=Results))
        return 0
    quick = os.environ.get("QUICK", "") not in {"", "0"}
    try:
        results = asyncio.run(rounds.measure(QUICK if quick else FULL, only=asked.only))
    except (BenchError, EmbeddedError) as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1
    print(report.tables(results))
    trial = quick or asked.only is not None
    target = TRIAL_RESULTS if trial else RESULTS
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1))
    if not trial:
        report.write(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
