"""Tables in Markdown, between two marks of docs/performance.md; the words around them are written by people."""

from pathlib import Path
from statistics import median
from typing import Final

from bench.results import Pace, Ratio, Results, Sample, cost_ratio, p99_ratio

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN: Final = "<!-- figures: written by make bench -->"
END: Final = "<!-- end of figures -->"


def write(results: Results) -> None:
    """Put the tables into the document."""
    put(tables(results), begin=BEGIN, end=END)


def put(text: str, *, begin: str, end: str) -> None:
    """Replace what stands between two marks of the document."""
    before, _, rest = DOCUMENT.read_text().partition(begin)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{begin}\n\n{text}\n{end}{after}")


def tables(results: Results) -> str:
    """Everything that was measured."""
    cases = dict.fromkeys(sample.case for sample in results.samples)
    return "\n".join([_circumstances(results), *(_case(results, case) for case in cases)])


def _circumstances(results: Results) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    versions = ", ".join(f"{name} {value}" for name, value in results.versions.items())
    return (
        f"Measured {results.date} with `make bench`: {results.rounds} rounds, each through all paths in turn. "
        "Figures are medians of the rounds; in brackets the least and the most.\n\n"
        f"Machine: {machine}.\n\nVersions: {versions}.\n"
    )


def _case(results: Results, case: str) -> str:
    unit, units = ("post", "posts") if case == "posts" else ("delivery", "deliveries")
    paths = list(dict.fromkeys(sample.path for sample in results.samples if sample.case == case))
    lines = [
        f"### {case.capitalize()}",
        "",
        f"| path | CPU µs per {unit}, saturated | by process | {units} a second"
        f" | CPU µs per {unit}, fixed rate | p50 ms | p99 ms |",
        "|---|---|---|---|---|---|---|",
        *(_row(results, case, path) for path in paths),
        "",
        "| how many times better | CPU, saturated | CPU, fixed rate | p99, fixed rate |",
        "|---|---|---|---|",
        *(_comparison(results, case, ours, peer) for ours, peer in results.compared if {ours, peer} <= {*paths}),
        "",
    ]
    return "\n".join(lines)


def _row(results: Results, case: str, path: str) -> str:
    full, steady = results.of(case, path, "saturated"), results.of(case, path, "at a rate")
    by_process = (
        f"{name} {median(one.measured.cpu[name] / one.work * 1e6 for one in full):.3g}" for name in full[0].measured.cpu
    )
    cells = [
        path,
        _cost(full),
        ", ".join(by_process),
        f"{median(one.work / one.measured.seconds for one in full):,.0f}",
        _cost(steady),
        f"{median(one.measured.p50_us for one in steady) / 1000:.2f}",
        f"{median(one.measured.p99_us for one in steady) / 1000:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def _cost(samples: list[Sample]) -> str:
    return spread([one.cost_us for one in samples])


def spread(values: list[float]) -> str:
    """The median, and between which values it lies."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _comparison(results: Results, case: str, ours: str, peer: str) -> str:
    def pair(pace: Pace) -> tuple[list[Sample], list[Sample]]:
        return results.of(case, ours, pace), results.of(case, peer, pace)

    shown = [cost_ratio(*pair("saturated")), cost_ratio(*pair("at a rate")), p99_ratio(*pair("at a rate"))]
    return f"| {ours}, beside {peer} | {' | '.join(map(_ratio, shown))} |"


def _ratio(ratio: Ratio) -> str:
    return f"**{ratio.median:.2f}** ({ratio.least:.2f} to {ratio.most:.2f})"
