"""What was measured, and what follows from it: medians, ratios of neighbours, spread."""

from statistics import median
from typing import Literal

import msgspec

from bench.load import Measured

Pace = Literal["saturated", "at a rate"]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement. `work` is what was done (deliveries or posts), `cpu` the servers' seconds it cost."""

    case: str
    path: str = msgspec.field(name="road")
    pace: Pace
    round: int
    work: int
    cpu: float
    measured: Measured

    @property
    def cost_us(self) -> float:
        """CPU microseconds per unit of work."""
        return self.cpu / self.work * 1e6


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    date: str
    machine: dict[str, str]
    versions: dict[str, str]
    rounds: int
    compared: tuple[tuple[str, str], ...]
    samples: list[Sample]

    def of(self, case: str, path: str, pace: Pace) -> list[Sample]:
        """In the order of the rounds."""
        return [one for one in self.samples if (one.case, one.path, one.pace) == (case, path, pace)]


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """How many times better `ours` is than `peer`: the median over the rounds, and the extremes."""

    median: float
    least: float
    most: float


def cost_ratio(ours: list[Sample], peer: list[Sample]) -> Ratio:
    """The peer's CPU per unit of work over ours, round by round: noise that both met falls out."""
    return ratio([theirs.cost_us / mine.cost_us for mine, theirs in zip(ours, peer, strict=True)])


def p99_ratio(ours: list[Sample], peer: list[Sample]) -> Ratio:
    """The peer's p99 over ours, round by round."""
    return ratio([theirs.measured.p99_us / mine.measured.p99_us for mine, theirs in zip(ours, peer, strict=True)])


def ratio(values: list[float]) -> Ratio:
    """Of one in each round."""
    return Ratio(median=median(values), least=min(values), most=max(values))
