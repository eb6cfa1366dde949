"""Judges cells and claims: outcomes with their evidence, by rules declared before anything ran; pure, no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from harness.metric_names import METRICS
from harness.scale_names import ScaleName
from harness.statistics import Interval, compare_paired, equivalence, holm, prediction_interval, t_interval, wilson
from harness.suite import Cell, Claim

CellOutcome = Literal[
    "MATCH", "BETTER", "WORSE", "DIFFERS", "INCONCLUSIVE", "NOT COMPARABLE", "NOT RUN", "FAILED", "CITED"
]  # fmt: skip
ClaimOutcome = Literal["CONFIRMED", "CONTRADICTED", "INCONCLUSIVE", "NOT COMPARABLE", "NOT RUN", "FAILED"]

MIN_SEEDS = 3
"""Fewer show too little of the spread between seeds for a verdict."""

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one `experiment.evaluation.metric`, and what stands in the way of a comparison."""

    values: Mapping[int, float] = field(default_factory=dict)
    """By seed, in the metric's unit; a run that diverged counts as guessing."""
    declared_seeds: int = 0
    diverged: tuple[int, ...] = ()
    failed: Mapping[int, str] = field(default_factory=dict)
    """By seed, why a job failed."""
    blocked: str = ""
    """Why seeds are missing that did not fail."""
    unofficial: str = ""
    """Why the data are not the whole official split."""
    images: int = 0
    stale: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """One printed number beside ours."""

    cell: Cell
    outcome: CellOutcome
    reason: str
    measured: Measured
    mean: float | None = None
    std: float | None = None
    interval: Interval | None = None
    """95%, t over seeds: decides BETTER, WORSE and DIFFERS."""
    tost_interval: Interval | None = None
    """90%, t over seeds: decides MATCH."""
    wilson: Interval | None = None
    """95%, over test images for a mean seed; stands beside and never decides."""
    prediction: Interval | None = None
    """95%, one more run; stands beside and never decides."""
    difference: float | None = None
    seeds_to_settle: int | None = None
    extended: bool = False
    """Seeds or margin were changed after a first result."""


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """One claim with its outcome; `evidence` says at which level it was tested."""

    id: str
    claim: Claim
    outcome: ClaimOutcome
    reason: str
    evidence: str
    n: int | None = None
    effect: float | None = None
    interval: Interval | None = None
    p: float | None = None
    p_holm: float | None = None


def judge_cell(cell: Cell, measured: Measured | None, scale: ScaleName, *, extended: bool = False) -> CellVerdict:
    """Set one printed number beside what was measured of it."""
    if cell.place is None or measured is None:
        who = f"; {cell.cited}" if cell.cited else ""
        return CellVerdict(cell, "CITED", f"quoted by the paper, not an experiment of its authors{who}", Measured())
    verdict = _described(cell, measured, extended=extended)
    if measured.failed:
        seed, why = next(iter(measured.failed.items()))
        return replace(verdict, outcome="FAILED", reason=f"seed {seed}: {why}")
    if len(measured.values) < measured.declared_seeds:
        have = f"{len(measured.values)} of {measured.declared_seeds} seeds"
        return replace(verdict, outcome="NOT RUN", reason=f"{measured.blocked or 'not run yet'} ({have})")
    if scale != "paper":
        return replace(
            verdict, outcome="NOT COMPARABLE", reason=f"the {scale} scale is not the paper's data and recipe"
        )
    if measured.unofficial:
        return replace(verdict, outcome="NOT COMPARABLE", reason=measured.unofficial)
    return _compared(verdict, cell, measured)


def _described(cell: Cell, measured: Measured, *, extended: bool) -> CellVerdict:
    """The verdict's figures that hold whatever the outcome."""
    verdict = CellVerdict(cell, "NOT RUN", "", measured, extended=extended)
    values = list(measured.values.values())
    if not values:
        return verdict
    mean = sum(values) / len(values)
    verdict = replace(verdict, mean=mean)
    if cell.place and METRICS[cell.place[2]].unit == "%" and measured.images:
        wrong = round(mean * measured.images / 100)
        verdict = replace(verdict, wilson=wilson(wrong, measured.images).scaled(100))
    if len(values) < 2:
        return verdict
    spread = (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5
    return replace(verdict, std=spread, interval=t_interval(values), prediction=prediction_interval(values))


def _compared(verdict: CellVerdict, cell: Cell, measured: Measured) -> CellVerdict:
    """MATCH, BETTER, WORSE or DIFFERS by the declared margin, else INCONCLUSIVE with what would settle it."""
    values = list(measured.values.values())
    if len(values) < MIN_SEEDS:
        return replace(verdict, outcome="INCONCLUSIVE", reason=f"{len(values)} seeds; {MIN_SEEDS} are needed to judge")
    if cell.margin is None:
        return replace(verdict, outcome="INCONCLUSIVE", reason="the suite declares no margin for this cell")
    assert cell.place is not None
    metric = METRICS[cell.place[2]]
    step = 100 / measured.images if metric.unit == "%" and measured.images else 0.0
    found = equivalence(values, cell.printed, cell.margin, resolution=step)
    verdict = replace(verdict, difference=found.difference, seeds_to_settle=found.settles_at)
    verdict = replace(verdict, tost_interval=_shifted(found.inner, cell.paper))
    if found.position == "undecided":
        more = f"; {found.settles_at} seeds would settle it if mean and spread stay" if found.settles_at else ""
        return replace(verdict, outcome="INCONCLUSIVE", reason=found.reason + more)
    if found.position == "within":
        return replace(verdict, outcome="MATCH", reason=found.reason)
    better = (found.position == "below") == (metric.direction == "lower")
    return replace(verdict, outcome="BETTER" if better else "WORSE", reason=found.reason)


def _shifted(interval: Interval, by: float) -> Interval:
    """An interval of differences to `by`, as one of the values themselves."""
    return Interval(interval.low + by, interval.high + by, interval.level, "mean")


def judge_claims(
    claims: Mapping[str, Claim],
    cells: Sequence[CellVerdict],
    measured: Mapping[str, Measured],
    scale: ScaleName,
) -> list[ClaimVerdict]:
    """Judge every claim of a suite; the unadjusted p decides, Holm over the suite's claims stands beside it."""
    by_id = {verdict.cell.id: verdict for verdict in cells}
    judged = [_judge_claim(name, claim, by_id, measured, scale) for name, claim in claims.items()]
    tested = [index for index, verdict in enumerate(judged) if verdict.p is not None]
    adjusted = holm([verdict.p for index in tested if (verdict := judged[index]).p is not None])
    for index, p_holm in zip(tested, adjusted, strict=True):
        judged[index] = replace(judged[index], p_holm=p_holm)
    return judged


def _judge_claim(
    name: str, claim: Claim, cells: Mapping[str, CellVerdict], measured: Mapping[str, Measured], scale: ScaleName
) -> ClaimVerdict:
    evidence = f"{scale} scale"
    if claim.cells is not None:
        outcome, reason = _all_match([cells[operand] for operand in claim.cells])
        return ClaimVerdict(name, claim, outcome, reason, evidence)
    assert claim.less is not None
    left, right = (_operand(operand, cells, measured) for operand in claim.less)
    return _judge_less(ClaimVerdict(name, claim, "NOT RUN", "", evidence), left, right, scale)


def _all_match(cells: Sequence[CellVerdict]) -> tuple[ClaimOutcome, str]:
    """A claim about printed numbers stands or falls with its cells."""
    outcomes = {cell.outcome for cell in cells}
    said = "; ".join(f"{cell.cell.id} {cell.outcome}" for cell in cells)
    if outcomes & {"BETTER", "WORSE", "DIFFERS"}:
        return "CONTRADICTED", said
    for blocking in ("FAILED", "NOT RUN", "NOT COMPARABLE", "INCONCLUSIVE"):
        if blocking in outcomes:
            return blocking, next(f"{cell.cell.id}: {cell.reason}" for cell in cells if cell.outcome == blocking)
    assert outcomes == {"MATCH"}
    return "CONFIRMED", said


@dataclass(frozen=True, slots=True)
class _Operand:
    """One side of a claim: ours by seed, or a number the paper quotes."""

    name: str
    measured: Measured | None
    quoted: float | None
    outcome: CellOutcome | None = None
    reason: str = ""


def _operand(name: str, cells: Mapping[str, CellVerdict], measured: Mapping[str, Measured]) -> _Operand:
    if name in cells:
        verdict = cells[name]
        if verdict.outcome == "CITED":
            return _Operand(name, None, verdict.cell.paper)
        return _Operand(name, verdict.measured, None, verdict.outcome, verdict.reason)
    return _Operand(name, measured[name], None)


def _judge_less(verdict: ClaimVerdict, left: _Operand, right: _Operand, scale: ScaleName) -> ClaimVerdict:
    """Whether the first operand is smaller: paired t over seeds, or against a quoted number at paper scale only."""
    sides = (left, right)
    for side in sides:
        if side.measured is None:
            continue
        if side.measured.failed:
            return replace(
                verdict, outcome="FAILED", reason=f"{side.name}: {next(iter(side.measured.failed.values()))}"
            )
        if len(side.measured.values) < side.measured.declared_seeds:
            return replace(verdict, outcome="NOT RUN", reason=f"{side.name}: {side.measured.blocked or 'not run yet'}")
    quoted = [side for side in sides if side.quoted is not None]
    if quoted and scale != "paper":
        reason = f"{quoted[0].name} is a quoted number, which only a result at paper scale can be set against"
        return replace(verdict, outcome="NOT COMPARABLE", reason=reason)
    unofficial = [side.measured.unofficial for side in sides if side.measured and side.measured.unofficial]
    if quoted and unofficial:
        return replace(verdict, outcome="NOT COMPARABLE", reason=unofficial[0])
    found = compare_paired(*_runs(left, right))
    outcome: ClaimOutcome = {"less": "CONFIRMED", "greater": "CONTRADICTED"}.get(found.direction, "INCONCLUSIVE")  # type: ignore[assignment]
    return replace(
        verdict,
        outcome=outcome,
        reason=found.reason,
        n=found.n,
        effect=found.difference,
        interval=found.interval,
        p=found.decided_by.p_value if found.decided_by else None,
    )


def _runs(left: _Operand, right: _Operand) -> tuple[list[float | None], list[float | None]]:
    """Both arms by seed; a quoted number stands in every seed's place, a diverged run is None."""
    arms = [side.measured for side in (left, right) if side.measured is not None]
    seeds = sorted(set.intersection(*(set(arm.values) for arm in arms))) if arms else [0]
    return _by_seed(left, seeds), _by_seed(right, seeds)


def _by_seed(side: _Operand, seeds: Sequence[int]) -> list[float | None]:
    if side.measured is None:
        return [side.quoted for _ in seeds]
    return [None if seed in side.measured.diverged else side.measured.values[seed] for seed in seeds]
