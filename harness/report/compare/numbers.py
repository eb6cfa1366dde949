"""Compares one number of two runs: whether they may be subtracted, and by what test they differ."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from harness.jobs.measures import MEASURES
from harness.judge.statistics import compare_paired
from harness.report.compare.comparison import Difference
from harness.report.results.document import Results
from harness.report.results.record import BySeed
from harness.report.results.run_records import InspectionRecord, TestRecord, TrainingRecord
from harness.report.results.verdict_records import CellRecord
from harness.suite.known_metrics import metric_of

ALPHA = 0.05
ROUNDING = 1e-6
"""The part of a value that the order of additions may change, on other threads or another device."""
UNMOVED = ("identical", "rounding")
"""Changes that are none."""
_INCOMPLETE = ("NOT RUN", "FAILED")


@dataclass(frozen=True, slots=True)
class MeasuredNumber:
    """One number as a run measured it, in the unit of its metric or quantity."""

    metric: str | None
    how: str
    values: BySeed
    images: frozenset[str] = frozenset()
    """Digests of the ids of the images that it was measured on."""
    diverged: tuple[int, ...] = ()
    """The seeds whose training diverged."""
    outcome: str | None = None
    """The verdict, where a cell shows it."""
    reason: str = ""

    @property
    def finite(self) -> list[float]:
        """The values that are numbers."""
        return [value for value in self.values.values() if value is not None]

    @property
    def n(self) -> int:
        """How many seeds have a value."""
        return len(self.finite)

    @property
    def mean(self) -> float | None:
        """The mean over seeds; None where no seed has a value."""
        return sum(self.finite) / self.n if self.n else None


def numbers_of(results: Results) -> dict[str, MeasuredNumber]:
    """Every number that a run measured, by `experiment.evaluation.metric` and the like."""
    found: dict[str, MeasuredNumber] = {}
    for name, experiment in results.experiments.items():
        for job in experiment.jobs:
            parts: dict[str, TestRecord | InspectionRecord] = {**job.evaluations, **job.inspections}
            for part, record in parts.items():
                images = record.ids_sha256 if isinstance(record, TestRecord) else None
                for metric, value in record.values.items():
                    place, blank = f"{name}.{part}.{metric}", MeasuredNumber(metric, "trained", {})
                    found[place] = _with_training(found.get(place, blank), job, value, images)
    for name, measurement in results.measurements.items():
        how = _how(measurement.spec.get("what"))
        for measured in measurement.jobs:
            for quantity, value in measured.values.items():
                one = found.get(f"{name}.{quantity}", MeasuredNumber(quantity, how, {}))
                found[f"{name}.{quantity}"] = replace(one, values={**one.values, str(measured.seed): value})
    return found


def number_of_cell(cell: CellRecord | None, numbers: Mapping[str, MeasuredNumber]) -> MeasuredNumber | None:
    """The number that a cell shows, with the images of the number of its run that it is made of."""
    if cell is None:
        return None
    source = numbers.get(cell.value or "")
    images = frozenset() if source is None else source.images
    diverged = tuple(cell.diverged)
    return MeasuredNumber(cell.metric, cell.how, cell.values, images, diverged, cell.outcome, cell.reason)


def _with_training(
    number: MeasuredNumber, job: TrainingRecord, value: float | None, images: str | None
) -> MeasuredNumber:
    """The number with the value of one more seed."""
    return replace(
        number,
        values={**number.values, str(job.seed): value},
        images=number.images | ({images} if images else set()),
        diverged=(*number.diverged, job.seed) if job.diverged_at is not None else number.diverged,
    )


def _how(what: object) -> str:
    kind = MEASURES.get(what) if isinstance(what, str) else None
    return "trained" if kind is None else "timed" if kind.timed else "drawn" if kind.random else "exact"


def compare_numbers(a: MeasuredNumber | None, b: MeasuredNumber | None, scales: tuple[str, str]) -> Difference:
    """B less A, with the test or the rule that allows it; or why nothing may be subtracted."""
    obstacle = _obstacle(a, b, scales)
    if obstacle is not None:
        change, why = obstacle
        return Difference(change=change, said=why)
    assert a is not None
    assert b is not None
    ours, theirs = _finite(a), _finite(b)
    if ours == theirs:
        said = "exact in both" if a.how == "exact" else f"{_seeds(a)}, to the last bit"
        return Difference(change="identical", said=said, difference=0.0)
    if all(_close(value, theirs[seed]) for seed, value in ours.items()):
        said = f"{_seeds(a)}, each within {ROUNDING:g} of its value: rounding, not a difference"
        return Difference(change="rounding", said=said, difference=_mean(theirs) - _mean(ours))
    if a.how == "exact":
        return _exactly(a, b)
    return _tested(a, b)


def _obstacle(a: MeasuredNumber | None, b: MeasuredNumber | None, scales: tuple[str, str]) -> tuple[str, str] | None:
    """The fact that forbids a subtraction, as (change, why)."""
    if a is None or b is None:
        return ("only in B", "A has none") if a is None else ("only in A", "B has none")
    measured = [bool(one.values) for one in (a, b)]
    if measured == [False, False]:
        return "not compared", "nothing was measured in either"
    if not all(measured):
        without, side = (b, "B") if measured[0] else (a, "A")
        return "only in A" if measured[0] else "only in B", f"{side}: {without.reason or 'nothing was measured'}"
    why = _not_whole(a, "A") or _not_whole(b, "B") or _unlike(a, b, scales)
    return None if why is None else ("not compared", why)


def _not_whole(one: MeasuredNumber, side: str) -> str | None:
    """Why not every declared seed of a run has its number."""
    if one.outcome in _INCOMPLETE:
        return f"{side} is not whole: {one.reason or one.outcome}"
    without = sorted(seed for seed, value in one.values.items() if value is None)
    return f"{side} has no finite value of seed {', '.join(without)}" if without else None


def _unlike(a: MeasuredNumber, b: MeasuredNumber, scales: tuple[str, str]) -> str | None:
    """The reason why two whole numbers are of different worlds, or not paired by seed."""
    if a.how != b.how:
        return f"it is {a.how} in A and {b.how} in B"
    if a.how != "exact" and scales[0] != scales[1]:
        return f"A is at {scales[0]} scale, B at {scales[1]} scale"
    if a.how == "timed":
        return "timings are not paired by seed"
    if set(a.values) != set(b.values):
        return f"not the same seeds: A has {_seeds(a)}, B {_seeds(b)}"
    if a.images != b.images:
        return "tested on different images"
    return None


def _finite(one: MeasuredNumber) -> dict[str, float]:
    """By seed, the values of a number that is whole."""
    return {seed: float(value) for seed, value in one.values.items() if value is not None}


def _seeds(one: MeasuredNumber) -> str:
    """`3 seeds (0, 1, 2)`."""
    seeds = sorted(one.values, key=_seed_order)
    shown = ", ".join(seeds) if len(seeds) <= 8 else f"{seeds[0]} to {seeds[-1]}"
    return f"{len(seeds)} seed{'s' if len(seeds) > 1 else ''} ({shown})"


def _seed_order(seed: str) -> tuple[int, str]:
    return (int(seed), "") if seed.isdecimal() else (-1, seed)


def _close(x: float, y: float) -> bool:
    """Whether two values differ by rounding at most; a count is never rounded."""
    return math.isclose(x, y, rel_tol=ROUNDING, abs_tol=0.0) and not (x.is_integer() and y.is_integer())


def _mean(values: Mapping[str, float]) -> float:
    return sum(values.values()) / len(values)


def _exactly(a: MeasuredNumber, b: MeasuredNumber) -> Difference:
    seed = min(a.values)
    difference = _finite(b)[seed] - _finite(a)[seed]
    change = "higher" if difference > 0 else "lower"
    said = "exact: nothing is sampled"
    return Difference(change=change, said=said, difference=difference, better=_better(a, change))


def _tested(a: MeasuredNumber, b: MeasuredNumber) -> Difference:
    """Paired by seed; a run that diverged is worse than any other, and leaves no mean."""
    seeds = sorted(a.values, key=_seed_order)
    arms = [[None if int(seed) in one.diverged else _finite(one)[seed] for seed in seeds] for one in (b, a)]
    metric = metric_of(a.metric or "")
    result = compare_paired(*arms, alpha=ALPHA, better=metric.direction if metric else "lower")
    change = {"greater": "higher", "less": "lower", "undecided": "undecided"}[result.direction]
    return Difference(
        change=change,
        said=result.reason,
        difference=result.difference,
        interval_of_difference=None if result.interval is None else [result.interval.low, result.interval.high],
        pairs=result.n,
        p=result.decided_by.p_value if result.decided_by else None,
        better=_better(a, change),
    )


class Changed(Protocol):
    """Anything that B may be against A: a number, a cell or a claim."""

    @property
    def change(self) -> str:
        """The change in one word or two."""


Moved = TypeVar("Moved", bound=Changed)


def moved(numbers: Iterable[Moved]) -> list[Moved]:
    """The numbers that are not the same in both runs."""
    return [number for number in numbers if number.change not in UNMOVED]


def left_out(numbers: Iterable[Changed]) -> str:
    """How many numbers are the same in both runs, in a sentence; empty where none is."""
    counts = Counter(number.change for number in numbers)
    same, but = (counts[change] for change in UNMOVED)
    if not same + but:
        return ""
    rounding = f", {but:,} of them but for rounding" if but else ""
    return f"Of the numbers that no cell shows {same + but:,} are the same in both runs{rounding}, and left out here."


def changed(one: Changed) -> str:
    """A change in words, with the better side where the metric has one."""
    better = better_of(one)
    return f"{one.change} ({better})" if better else one.change


def better_of(one: Changed) -> str | None:
    """Whether a change makes a number `better` or `worse`; None for a claim, and where the metric has no such side."""
    return one.better if isinstance(one, Difference) else None


def _better(one: MeasuredNumber, change: str) -> str | None:
    metric = metric_of(one.metric or "")
    if metric is None or change not in ("higher", "lower"):
        return None
    return "better" if change == metric.direction else "worse"
