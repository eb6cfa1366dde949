"""The rule of each operator of claims: arithmetic, a test over seeds, or a margin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.judge.bounds import bounded, printed_elsewhere
from harness.judge.evidence import ClaimVerdict, Evidence, Side, arms, coarsest, shared_seeds
from harness.judge.outcomes import ClaimOutcome
from harness.judge.statistics import (
    MIN_SEEDS,
    AgainstChance,
    Censored,
    Equivalence,
    Never,
    PairedComparison,
    RatioOfSteps,
    ReachTime,
    Runs,
    against_chance,
    compare_paired,
    equal_within,
    equivalence,
    gap_difference,
    monotone_trend,
    ratio_of_steps,
    ratio_within,
    seeds_for_effect,
    steps_to_reach,
)
from harness.suite.claims import AtChance, Faster, Times, Trend, WiderGap

_BY_DIRECTION: dict[str, ClaimOutcome] = {"less": "CONFIRMED", "greater": "CONTRADICTED"}


def exact(verdict: ClaimVerdict, sides: Sequence[Side], _: Evidence) -> ClaimVerdict:
    """Judge numbers against a stated value or bound; the method depends on the origin of the numbers."""
    assert verdict.claim.exact is not None
    assert sides[0].measured is not None
    return bounded(verdict, verdict.claim.exact, sides[0].name, sides[0].measured)


def _less_exactly(verdict: ClaimVerdict, sides: Sequence[Side]) -> ClaimVerdict:
    """Compare two numbers of which neither is sampled."""
    left, right = (arm[0] for arm in arms(sides))
    assert left is not None
    assert right is not None
    reason = f"{sides[0].name} is {left:,.6g}, {sides[1].name} is {right:,.6g}"
    return replace(verdict, outcome="CONFIRMED" if left < right else "CONTRADICTED", reason=reason, effect=left - right)


def _by_direction(verdict: ClaimVerdict, found: PairedComparison) -> ClaimVerdict:
    """Decide CONFIRMED where the first operand is smaller, CONTRADICTED where it is larger, otherwise INCONCLUSIVE."""
    return replace(
        verdict,
        outcome=_BY_DIRECTION.get(found.direction, "INCONCLUSIVE"),
        reason=found.reason,
        n=found.n,
        effect=found.difference,
        interval=found.interval,
        p=found.decided_by.p_value if found.decided_by else None,
        companion=found.companion,
        seeds_to_settle=_to_settle(found),
    )


def _to_settle(found: PairedComparison) -> int | None:
    """Return the seeds that would find the observed difference with power 0.8; None where it is found or zero."""
    if found.direction != "undecided" or not found.difference or found.std is None:
        return None
    return seeds_for_effect(found.std, found.difference)


def _compared(sides: Sequence[Side], a: Runs, b: Runs, evidence: Evidence) -> PairedComparison:
    """Compare two arms over the same seeds, at the level and resolution of the evidence."""
    return compare_paired(a, b, alpha=evidence.levels.alpha, resolution=coarsest(sides))


def reduction(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Judge a reduction by its amount within the margin at paper scale, by its direction alone below it."""
    said = verdict.claim.reduces
    assert said is not None
    without, with_it = arms(sides)
    if evidence.scale != "paper":
        found = _by_direction(verdict, _compared(sides, with_it, without, evidence))
        return printed_elsewhere(found, f"{said.by:g}", evidence.scale)
    pairs = [(a, b) for a, b in zip(without, with_it, strict=True) if a is not None and b is not None]
    if len(pairs) < len(without) or len(pairs) < MIN_SEEDS:
        return _without_amount(_by_direction(verdict, _compared(sides, with_it, without, evidence)))
    amounts = [a - b for a, b in pairs]
    return _by_margin(verdict, equivalence(amounts, said.by, said.margin, evidence.levels, coarsest(sides)))


def _without_amount(verdict: ClaimVerdict) -> ClaimVerdict:
    """Limit the verdict where a run diverged.

    The wrong direction contradicts an amount; the right direction does not confirm it.
    """
    if verdict.outcome != "CONFIRMED":
        return verdict
    said = f"{verdict.reason}; the direction holds, but with a diverged run no amount can be tested"
    return replace(verdict, outcome="INCONCLUSIVE", reason=said)


def equality(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Judge whether two arms are equal within the declared margin."""
    said = verdict.claim.equal
    assert said is not None
    if verdict.evidence == "exact":
        return _equal_exactly(verdict, sides, said.margin)
    if not said.margin:
        return replace(verdict, outcome="INCONCLUSIVE", reason="no margin is declared, and sampled numbers differ")
    left, right = arms(sides)
    if None in left or None in right or len(left) < MIN_SEEDS:
        why = "too few seeds, or some diverged"
        return replace(verdict, outcome="INCONCLUSIVE", reason=why, n=len(left), final=True)
    numbers = [[value for value in arm if value is not None] for arm in (left, right)]
    return _by_margin(verdict, equal_within(numbers[0], numbers[1], said.margin, evidence.levels, coarsest(sides)))


def _equal_exactly(verdict: ClaimVerdict, sides: Sequence[Side], margin: float) -> ClaimVerdict:
    """Compare two numbers of which neither is sampled, exactly unless a margin is declared."""
    left, right = (arm[0] for arm in arms(sides))
    assert left is not None
    assert right is not None
    shown = f"{sides[0].name} is {left:,.15g}, {sides[1].name} is {right:,.15g}"
    outcome: ClaimOutcome = "CONFIRMED" if abs(left - right) <= margin else "CONTRADICTED"
    within = f", wanted within {margin:g}" if margin else ""
    return replace(verdict, outcome=outcome, reason=shown + within, effect=left - right)


def _by_margin(verdict: ClaimVerdict, found: Equivalence) -> ClaimVerdict:
    outcomes: dict[str, ClaimOutcome] = {"within": "CONFIRMED", "undecided": "INCONCLUSIVE"}
    return replace(
        verdict,
        outcome=outcomes.get(found.position, "CONTRADICTED"),
        reason=found.reason,
        n=found.n,
        effect=found.difference,
        interval=found.outer,
        p=found.p_within,
        seeds_to_settle=found.settles_at,
    )


def trend(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Judge whether the operands rise or fall in their order."""
    said = verdict.claim.trend
    assert isinstance(said, Trend)
    seeds = shared_seeds(sides)
    rows = [[side.runs([seed])[0] for side in sides] for seed in seeds]
    sound = [[value for value in row if value is not None] for row in rows if None not in row]
    if len(sound) < len(rows) or not sound:
        return replace(verdict, outcome="INCONCLUSIVE", reason="a run diverged", n=len(seeds), final=True)
    found = monotone_trend(sound, alpha=evidence.levels.alpha)
    wanted = "decreasing" if said.direction == "down" else "increasing"
    outcome: ClaimOutcome = "INCONCLUSIVE"
    if found.direction != "undecided":
        outcome = "CONFIRMED" if found.direction == wanted else "CONTRADICTED"
    return replace(verdict, outcome=outcome, reason=found.reason, n=found.n, p=found.p_within)


def chance(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Judge whether the nets of all seeds stay at the error of guessing, or all leave it."""
    said = verdict.claim.stalls or verdict.claim.leaves_chance
    assert isinstance(said, AtChance)
    side = sides[0]
    assert side.measured is not None
    images, guess = side.measured.images, said.chance if said.chance is not None else side.measured.guessing
    assert guess is not None
    wrong = [round(value * images / 100) for value in side.measured.values.values()]
    alpha, tolerance = evidence.levels.within, said.tolerance / 100
    found = against_chance(wrong, images, guess / 100, tolerance=tolerance, alpha=alpha)
    wanted, other = ("stays", "leaves") if verdict.claim.stalls else ("leaves", "stays")
    outcomes: dict[str, ClaimOutcome] = {wanted: "CONFIRMED", other: "CONTRADICTED", "mixed": "MIXED"}
    reason = f"{_beside_chance(found)}; chance is {guess:.4g}% less {said.tolerance:g}"
    outcome = outcomes.get(found.outcome, "INCONCLUSIVE")
    return replace(verdict, outcome=outcome, reason=reason, n=len(wrong), final=True)  # it needs every seed


def _beside_chance(found: AgainstChance) -> str:
    """Describe the seeds; a seed may show neither."""
    did = {"stays": "every seed stays at chance", "leaves": "every seed leaves chance"}
    seeds = f"seeds that leave chance: {found.leaving} of {len(found.stays)}, that stay at it: {found.staying}"
    return did.get(found.outcome, seeds)


def faster(verdict: ClaimVerdict, _: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Judge by the epochs to a training error, interpolated between two.

    A run that does not reach it is censored at its last epoch; one that diverged before is slower than any other.
    """
    said = verdict.claim.faster
    assert isinstance(said, Faster)
    threshold = said.threshold(evidence.scale)
    if threshold is None:
        return replace(verdict, outcome="NOT RUN", reason=f"no training error is declared for {evidence.scale} scale")
    times = [_reach_times(evidence, name, threshold) for name in (said.slow, said.fast)]
    seeds = sorted(set(times[0]) & set(times[1]))
    verdict = replace(verdict, evidence=f"{evidence.scale} scale")
    if not seeds:
        return replace(verdict, outcome="NOT RUN", reason=f"no learning curves of {said.slow} and {said.fast} yet")
    slow, fast = ([of[seed] for seed in seeds] for of in times)
    found = ratio_of_steps(slow, fast, level=evidence.levels.outer)
    never = sum(isinstance(time, Censored | Never) for time in (*slow, *fast))
    ratio = "" if found.ratio is None else f"ratio {found.bound.replace('_', ' ')} {found.ratio:.2f}; "
    missed = f"runs that never reach {threshold:g}%: {never} of {2 * len(seeds)}; " if never else ""
    verdict = replace(verdict, n=found.n, effect=found.ratio, interval=found.interval)
    if said.times is None:
        verdict = _slower(verdict, found.comparison)
    elif evidence.scale == "paper":
        tested = ratio_within(slow, fast, said.times.by, said.times.within, levels=evidence.levels)
        verdict = _by_factor(verdict, said.times, found, tested)
    else:
        verdict = printed_elsewhere(verdict, f"{said.times.by:g}", evidence.scale)
    return replace(verdict, reason=f"{ratio}{missed}{verdict.reason}")


def _slower(verdict: ClaimVerdict, found: PairedComparison) -> ClaimVerdict:
    """Decide which arm takes longer; the effect stays a ratio, while the comparison is of logarithms."""
    outcomes: dict[str, ClaimOutcome] = {"greater": "CONFIRMED", "less": "CONTRADICTED"}
    outcome = outcomes.get(found.direction, "INCONCLUSIVE")
    judged = _by_direction(verdict, found)
    return replace(judged, outcome=outcome, n=verdict.n, effect=verdict.effect, interval=verdict.interval)


def _by_factor(verdict: ClaimVerdict, said: Times, found: RatioOfSteps, tested: Equivalence | None) -> ClaimVerdict:
    """Judge the printed ratio; where runs never reach the error, a bound may still lie entirely beyond it."""
    wanted = f"wanted {said.by:g} within a factor of {said.within:g}"
    if tested is not None:
        outcomes: dict[str, ClaimOutcome] = {"within": "CONFIRMED", "undecided": "INCONCLUSIVE"}
        outcome = outcomes.get(tested.position, "CONTRADICTED")
        reason = f"{wanted}; {tested.reason}"
        return replace(verdict, outcome=outcome, reason=reason, p=tested.p_within, seeds_to_settle=tested.settles_at)
    limits = found.interval if found.n >= MIN_SEEDS else None
    if limits is not None and (limits.low > said.by * said.within or limits.high < said.by / said.within):
        return replace(verdict, outcome="CONTRADICTED", reason=f"{wanted}, beyond which it lies")
    return replace(verdict, outcome="INCONCLUSIVE", reason=wanted)


def _reach_times(evidence: Evidence, experiment: str, train_error: float) -> dict[str, ReachTime]:
    """By seed, when a run first had a training error."""
    times: dict[str, ReachTime] = {}
    for seed, curve in evidence.training_errors(experiment).items():
        epochs, errors = [epoch for epoch, _ in curve], [error for _, error in curve]
        times[seed] = steps_to_reach(epochs, errors, train_error) if curve else Never()
        if seed in evidence.diverged(experiment) and isinstance(times[seed], Censored):
            times[seed] = Never()
    return times


def equal_gaps(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Judge whether two arms overfit equally within the declared margin."""
    said = verdict.claim.equal_gaps
    assert said is not None
    seeds = shared_seeds(sides)
    runs = list(zip(*(side.runs(seeds) for side in sides), strict=True))
    sound = [[value for value in run if value is not None] for run in runs if None not in run]
    if len(sound) < len(runs) or len(runs) < MIN_SEEDS:
        why = "too few seeds, or some diverged"
        return replace(verdict, outcome="INCONCLUSIVE", reason=why, n=len(runs), final=True)
    one, other = ([run[test] - run[train] for run in sound] for train, test in ((0, 1), (2, 3)))
    return _by_margin(verdict, equal_within(one, other, said.margin, evidence.levels, coarsest(sides)))


def gap(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Judge whether the first arm overfits more."""
    assert isinstance(verdict.claim.gap, WiderGap)
    seeds = shared_seeds(sides)
    wide_train, wide_test, narrow_train, narrow_test = (side.runs(seeds) for side in sides)
    gaps = narrow_train, narrow_test, wide_train, wide_test
    found = gap_difference(*gaps, alpha=evidence.levels.alpha, resolution=coarsest(sides))
    return replace(_by_direction(verdict, found), final=any(None in runs for runs in gaps))


def less(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Judge whether the first operand is smaller."""
    if verdict.evidence == "exact":
        return _less_exactly(verdict, sides)
    return _by_direction(verdict, _compared(sides, *arms(sides), evidence))


JUDGES: dict[str, Callable[[ClaimVerdict, Sequence[Side], Evidence], ClaimVerdict]] = {
    "exact": exact,
    "less": less,
    "reduces": reduction,
    "equal": equality,
    "trend": trend,
    "stalls": chance,
    "leaves_chance": chance,
    "faster": faster,
    "gap": gap,
    "equal_gaps": equal_gaps,
}
"""The rule of each operator, for claims whose operands are all present."""
