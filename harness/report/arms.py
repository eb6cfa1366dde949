"""Finds the values behind an operand of a claim in the records of a report, by seed, with the seeds that diverged."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.report.kept_suite import trainings_of
from harness.report.results.document import Results
from harness.report.results.record import BySeed, Number
from harness.report.results.run_records import (
    ClassificationRecord,
    EnsembleRecord,
    ExperimentRecord,
    MeasurementRecord,
    Quantity,
    TestRecord,
)
from harness.report.results.verdict_records import CellRecord, ClaimRecord
from harness.vocabulary import METRICS, guessing

CHANCE = 2.0
"""Standard errors of guessing, over the images of a test, within which an error cannot be told from it."""
FEWEST = 4
"""With fewer seeds nothing tells which is the odd one."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One operand of a claim, as it was measured."""

    name: str
    """The operand as the claim names it."""
    experiment: str
    """The experiment that it was measured in; empty for a number that the paper quotes."""
    quantity: str
    """The metric or quantity, in words."""
    unit: str
    values: dict[str, Number]
    """By seed; a training that diverged has the value of guessing."""
    diverged: tuple[str, ...]
    """The seeds whose training diverged."""
    guessed: tuple[str, ...] = ()
    """The seeds of which the test error cannot be told from that of guessing, though the training did not diverge."""
    later: int = 0
    """How many seeds were run after the look that decided; they are in none of the above."""

    @property
    def mean(self) -> float | None:
        """The mean over all seeds, those that diverged included; None where nothing was measured."""
        return math.fsum(self.values.values()) / len(self.values) if self.values else None

    @property
    def mean_of_sound(self) -> float | None:
        """The mean over the seeds that did not diverge; None where there are none."""
        sound = [value for seed, value in self.values.items() if seed not in self.diverged]
        return math.fsum(sound) / len(sound) if sound else None

    @property
    def far(self) -> str | None:
        """The seed that lies far from all others and pulls the mean; None where there is none, or it diverged."""
        found = far_seed(self.values)
        return None if found in self.diverged else found

    @property
    def median(self) -> float | None:
        """The median over all seeds; None where nothing was measured."""
        return statistics.median(self.values.values()) if self.values else None


def far_seed(values: Mapping[str, float], least: float = 0.0) -> str | None:
    """The seed that lies three times as far from the median as any other, and by more than `least`; None without.

    >>> far_seed({"0": 15.0, "1": 15.2, "2": 90.0, "3": 14.9})
    '2'
    """
    if len(values) < FEWEST:
        return None
    middle = statistics.median(values.values())
    *_, second, farthest = sorted(values, key=lambda seed: abs(values[seed] - middle))
    away, next_away = (abs(values[seed] - middle) for seed in (farthest, second))
    return farthest if away > 3 * next_away and away > least else None


def arms_of(results: Results, claim: ClaimRecord) -> list[Arm]:
    """The operands of a claim, in their order; of a claim about convergence, the last training error of its arms.

    Each by the seeds that the claim was judged by: those of its look, where seeds are declared in looks.
    """
    if claim.operator == "faster":
        arms = [_training(results, name) for name in trainings_of(results, claim.id) if name in results.experiments]
    else:
        arms = [arm for name in claim.operands if (arm := operand(results, name)) is not None]
    if claim.operator in ("stalls", "leaves_chance"):  # its own words say which seeds guess
        arms = [replace(arm, guessed=()) for arm in arms]
    if claim.look is None or results.looks is None:
        return arms
    first = results.looks.first
    judged = [str(seed) for seed in range(first, first + claim.look.seeds)]
    return [_of_seeds(arm, judged) for arm in arms]


def _of_seeds(arm: Arm, seeds: Sequence[str]) -> Arm:
    """The arm by these seeds alone; one that does not have them all is no sample over seeds, and stays."""
    if not {*seeds} <= arm.values.keys():
        return arm
    values = {seed: arm.values[seed] for seed in seeds}
    diverged, guessed = (tuple(seed for seed in some if seed in values) for some in (arm.diverged, arm.guessed))
    return replace(arm, values=values, diverged=diverged, guessed=guessed, later=len(arm.values) - len(values))


def operand(results: Results, name: str) -> Arm | None:
    """One operand by its name; None where the report holds nothing of it."""
    cell = next((cell for cell in results.cells if cell.id == name), None)
    place = (name if cell is None else cell.value or "").split(".")
    experiment, last = place[0], place[-1]
    if cell is not None and (cell.value is None or cell.values):
        guessed = _guessed(place, results.experiments[experiment]) if experiment in results.experiments else ()
        return replace(_of_cell(cell), guessed=guessed)
    if experiment in results.experiments and len(place) == 3:
        return _of_experiment(name, place, results.experiments[experiment])
    if experiment in results.ensembles and len(place) == 3:
        return _arm(name, experiment, last, _ensemble_values(results.ensembles[experiment], place[1], last), ())
    if experiment in results.classifications and len(place) == 3:
        return _arm(name, experiment, last, _classified_values(results.classifications[experiment], place[1], last), ())
    if experiment in results.measurements and len(place) == 2:
        return _of_measurement(name, place, results.measurements[experiment])
    return _arm(name, experiment, last, {}, ()) if last.removeprefix("members_") in METRICS else None


def _of_cell(cell: CellRecord) -> Arm:
    values = dict(_known(cell.values)) if cell.value else {"printed": cell.paper} if cell.paper is not None else {}
    words = METRICS[cell.metric].label.lower() if cell.metric in METRICS else cell.label
    return Arm(cell.id, cell.origin, words, cell.unit, values, tuple(map(str, cell.diverged)))


def _of_experiment(name: str, place: list[str], record: ExperimentRecord) -> Arm:
    _, part, quantity = place
    values: dict[str, Number | None] = {}
    quantities: list[Quantity] = []
    for job in record.jobs:
        found = job.evaluations.get(part) or job.inspections.get(part)
        if found is not None and quantity in found.values:
            values[str(job.seed)] = found.values[quantity]
        quantities = job.inspections[part].quantities if part in job.inspections else quantities
    arm = _arm(name, place[0], quantity, values, _diverged(record), quantities)
    return replace(arm, guessed=_guessed(place, record))


def _guessed(place: Sequence[str], record: ExperimentRecord) -> tuple[str, ...]:
    """The seeds of a test whose error is at least that of guessing less `CHANCE` of its standard errors."""
    if len(place) != 3 or not place[2].endswith("_error") or "classes" not in record.spec:
        return ()
    chance = guessing(record.spec["classes"]).get(place[2], 0.0)
    sound = [(str(job.seed), job.evaluations.get(place[1])) for job in record.jobs if job.outcome != "diverged"]
    return tuple(seed for seed, test in sound if test is not None and _is_guess(test, place[2], chance))


def _is_guess(test: TestRecord, metric: str, chance: float) -> bool:
    error, spread = test.values.get(metric), math.sqrt(chance * (100 - chance) / max(test.count, 1))
    return chance > 0 and error is not None and error >= chance - CHANCE * spread


def _of_measurement(name: str, place: list[str], record: MeasurementRecord) -> Arm:
    values = {str(job.seed): job.values.get(place[1]) for job in record.jobs}
    return _arm(name, place[0], place[1], values, (), record.quantities)


def _training(results: Results, name: str) -> Arm:
    record = results.experiments[name]
    values = {str(job.seed): job.values.get("train_error") for job in record.jobs}
    return Arm(name, name, "last training error", "%", dict(_known(values)), _diverged(record))


def _classified_values(record: ClassificationRecord, test: str, metric: str) -> BySeed:
    return {str(one.seed): one.values.get(metric) for one in record.tests if one.test == test}


def _ensemble_values(record: EnsembleRecord, test: str, metric: str) -> BySeed:
    own = metric.removeprefix("members_")
    of_members = own != metric
    found: BySeed = {}
    for one in record.tests:
        if one.test == test:
            nets = [net.values.get(own) for net in one.nets] if of_members else [one.values.get(own)]
            known = [value for value in nets if value is not None]
            found[str(one.seed)] = math.fsum(known) / len(known) if known and len(known) == len(nets) else None
    return found


def _arm(
    name: str,
    experiment: str,
    quantity: str,
    values: BySeed,
    diverged: tuple[str, ...],
    quantities: Iterable[Quantity] = (),
) -> Arm:
    own = quantity.removeprefix("members_")
    if own in METRICS:
        words, unit = METRICS[own].label.lower(), METRICS[own].unit
        words = f"mean {words} of its nets" if own != quantity else words
    else:
        found = next(((unit, label) for known, unit, label in quantities if known == quantity), ("", ""))
        unit, words = found[0], found[1] or quantity.replace("_", " ")
    return Arm(name, experiment, words, unit, dict(_known(values)), diverged)


def _diverged(record: ExperimentRecord) -> tuple[str, ...]:
    return tuple(str(job.seed) for job in record.jobs if job.outcome == "diverged")


def _known(values: BySeed) -> Iterator[tuple[str, Number]]:
    return ((seed, value) for seed, value in values.items() if value is not None)
