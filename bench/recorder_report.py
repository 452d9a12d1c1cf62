"""What recording costs, as a table between two marks of docs/performance.md."""

from statistics import median
from typing import Final

import msgspec

from bench import report
from bench.results import Ratio, ratio

BEGIN: Final = "<!-- figures: written by python -m bench.recorder -->"
END: Final = "<!-- end of the recorder's figures -->"
RECORDER: Final = "recorder-bot"
DISCORD_JS: Final = "discord.js"
PACKETS_PER_SECOND: Final = 50


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How many talk for how long: once to the recorder alone, then in rounds to both in turn. What comes in the first
    seconds of a round does not count, so that nobody is measured cold."""

    speakers: int = 25
    seconds: float = 300.0
    rounds: int = 3
    round_seconds: float = 60.0
    warm_up_seconds: float = 4.0

    @property
    def talking_seconds(self) -> float:
        return self.seconds + self.rounds * 2 * (self.round_seconds + self.warm_up_seconds)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One talk to one listener: the packets that count, the CPU seconds that they cost, and how many of all frames that
    were said are nowhere."""

    listener: str
    packets: int
    cpu: float
    peak_mebibytes: float
    missing: int

    @property
    def cost_us(self) -> float:
        """CPU microseconds per packet."""
        return self.cpu / self.packets * 1e6


class Results(msgspec.Struct, frozen=True, kw_only=True):
    plan: Plan
    date: str
    machine: dict[str, str]
    whole: Sample
    samples: list[Sample]

    def of(self, listener: str) -> list[Sample]:
        """In the order of the rounds."""
        return [each for each in self.samples if each.listener == listener]

    @property
    def cost_ratio(self) -> Ratio:
        """Our CPU per packet over discord.js's: the smaller, the better."""
        ours, theirs = self.of(RECORDER), self.of(DISCORD_JS)
        return ratio([one.cost_us / other.cost_us for one, other in zip(ours, theirs, strict=True)])


def write(results: Results) -> None:
    """Put the table into the document."""
    report.put(table(results), begin=BEGIN, end=END)


def table(results: Results) -> str:
    """What everything cost, and how the two compare."""
    plan, compared = results.plan, results.cost_ratio
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    rows = [
        _row(f"recorder-bot, {plan.seconds:g} s", [results.whole]),
        _row("recorder-bot, rounds", results.of(RECORDER)),
        _row("discord.js, rounds", results.of(DISCORD_JS)),
    ]
    return "\n".join(
        [
            f"Measured {results.date} with `python -m bench.recorder`: {plan.speakers} people talk without a pause, "
            f"for {plan.seconds:g} s to the recorder, then {plan.rounds} times for {plan.round_seconds:g} s to each in "
            "turn. Medians of the rounds; in brackets the least and the most.",
            "",
            f"Machine: {machine}.",
            "",
            "| listener | packets | missing | CPU µs per packet | speakers per core | memory at most, MiB |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            f"The recorder's CPU per packet is **{compared.median:.2f}** ({compared.least:.2f} to {compared.most:.2f}) "
            "times discord.js's.",
            "",
        ]
    )


def _row(what: str, samples: list[Sample]) -> str:
    cost = median(each.cost_us for each in samples)
    cells = [
        what,
        f"{sum(each.packets for each in samples):,}",
        f"{sum(each.missing for each in samples):,}",
        report.spread([each.cost_us for each in samples]) if len(samples) > 1 else f"{cost:.2f}",
        f"{1e6 / (PACKETS_PER_SECOND * cost):,.0f}",
        f"{max(each.peak_mebibytes for each in samples):.0f}",
    ]
    return f"| {' | '.join(cells)} |"
