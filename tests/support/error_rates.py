"""Error rates of the judges where the truth is known, by simulation through `judge_cell` and `judge_claims`.

`python tests/support/error_rates.py` prints the tables of docs/verdicts.md: the nominal levels at looks, and rates
where differences are skewed, which no test of few seeds holds at its level. `--trials N` sets how many draws each rate
is of. `--power-of CHECKOUT` writes instead how often the judges of an older version, checked out there, decided what is
true (`powers.py`).
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import powers
from numpy.typing import NDArray
from scipy import special

from harness.judge.cells import Measured, judge_cell
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
from harness.judge.statistics import Look, declared_looks, levels_at
from harness.suite.cells import Cell
from harness.suite.claims import Claim

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Array]
Design = int | tuple[int, ...]
"""A fixed number of seeds, or looks at growing numbers of seeds."""

STEP = 100 / 400
"""Points of error that one of 400 test images makes."""
SPREAD = 0.3
A, B = "a.t.top1_error", "b.t.top1_error"


@dataclass(frozen=True, slots=True)
class World:
    """A distribution of differences between two arms by seed, in points of error; `mean` is their true mean."""

    draw: Draw
    mean: float = 0.0
    images: int = 10_000


def _rounded_mean(mean: float, std: float) -> float:
    """Return the mean of a normal value rounded to whole numbers."""
    k = np.arange(-40, 41)
    return float((k * (special.ndtr((k + 0.5 - mean) / std) - special.ndtr((k - 0.5 - mean) / std))).sum())


def _share(p: float) -> World:
    """Return a world in which a share of the seeds has one more wrong image."""
    return World(lambda rng, shape: STEP * (rng.random(shape) < p), STEP * p, 400)


def _rounded(mean: float, std: float) -> World:
    """Return a world of rounded normal numbers of images, in one arm only."""
    return World(lambda rng, shape: STEP * np.round(rng.normal(mean, std, shape)), STEP * _rounded_mean(mean, std), 400)


def _both_rounded(mean: float, std: float) -> World:
    """Return a world of differences between two arms with equal distributions of rounded numbers of images."""
    return World(
        lambda rng, shape: STEP * (np.round(rng.normal(mean, std, shape)) - np.round(rng.normal(mean, std, shape))),
        0.0,
        400,
    )


SMOOTH: dict[str, World] = {
    "normal": World(lambda rng, shape: SPREAD * rng.standard_normal(shape)),
    "t of 3": World(lambda rng, shape: SPREAD / math.sqrt(3) * rng.standard_t(3, shape)),
    "Laplace": World(lambda rng, shape: SPREAD / math.sqrt(2) * rng.laplace(size=shape)),
}
"""Symmetric differences of a fine metric."""
COARSE: dict[str, World] = {
    "one image up or down": World(lambda rng, shape: STEP * rng.choice([-1.0, 1.0], shape), 0.0, 400),
    "two images or none": _both_rounded(0.5, 0.3),
    "both rounded, wide": _both_rounded(0.2, 2.0),
}
"""Symmetric differences with mean zero, in steps of one image of 400."""
SHARES: dict[str, World] = {
    "in a tenth one image more": _share(0.1),
    "in a third one image more": _share(1 / 3),
    "in half one image more": _share(0.5),
    "in most one image more": _share(0.8),
    "rounded, narrow": _rounded(0.3, 0.4),
    "rounded, wide": _rounded(0.4, 1.5),
}
"""Other differences in such steps, with a mean between steps."""
SKEWED: dict[str, World] = {
    f"lognormal, sigma {sigma:g}": World(
        lambda rng, shape, sigma=sigma: SPREAD * (rng.lognormal(0.0, sigma, shape) - math.exp(sigma**2 / 2))
    )
    for sigma in (0.25, 0.5, 1.0)
}


def claim(**operator: Any) -> Claim:
    """Return a claim with this operator."""
    return Claim.parsed({"ref": "A01", "says": "it is so", "source": "section 1", **operator})


def measured(values: Iterable[float | None], images: int) -> Measured:
    """Return values by seed; None is a run that diverged, which counts as guessing among ten classes."""
    listed = list(values)
    diverged = tuple(seed for seed, value in enumerate(listed) if value is None)
    by_seed = {seed: 90.0 if value is None else value for seed, value in enumerate(listed)}
    return Measured(values=by_seed, declared_seeds=len(listed), diverged=diverged, images=images)


def stages(design: Design) -> list[tuple[Look | None, int]]:
    """Return the looks of a design with their numbers of seeds; a fixed number is one stage without a look."""
    if isinstance(design, int):
        return [(None, design)]
    return [(look, look.seeds) for look in declared_looks(design)]


def most(design: Design) -> int:
    """Return the largest number of seeds of a design."""
    return design if isinstance(design, int) else design[-1]


def of_cell(values: Sequence[float], images: int, margin: float, design: Design) -> str:
    """Return the outcome of a cell at paper scale with the printed value 10."""
    return ended_at(values, images, margin, design)[0]


def ended_at(values: Sequence[float], images: int, margin: float, design: Design) -> tuple[str, int]:
    """Return the outcome of such a cell, and the number of seeds behind it."""
    cell = Cell(
        id="c",
        row="c",
        column="",
        label="c",
        ref="",
        printed="10.000000000",
        paper=10.0,
        unit="%",
        margin=margin,
        place=("a", "t", "top1_error"),
    )
    seen = [(look, measured(values[:n], images)) for look, n in stages(design)]
    (last, now), earlier = seen[-1], seen[:-1]
    verdict = judge_cell(cell, now, "paper", look=last, earlier=[(look, one) for look, one in earlier if look])
    return verdict.outcome, len(verdict.measured.values)


Curves = Mapping[str, Sequence[Sequence[Sequence[float]]]]
"""Curves of training error for each seed, by arm."""


def of_claim(
    said: Claim, arms: Mapping[str, Sequence[float | None]], images: int, design: Design, curves: Curves | None = None
) -> str:
    """Return the outcome of a claim at paper scale."""
    evidence: Evidence | None = None
    for look, n in stages(design):
        seeds = [str(seed) for seed in range(n)]
        evidence = Evidence(
            {},
            {name: measured(values[:n], images) for name, values in arms.items()},
            {arm: {"train_error": dict(zip(seeds, of, strict=False))} for arm, of in (curves or {}).items()},
            "paper",
            trainings={arm: measured([0.0] * n, images) for arm in curves or {}},
            look=look,
            earlier=() if evidence is None else (*evidence.earlier, evidence),
        )
    assert evidence is not None
    (verdict,) = judge_claims({"it": said}, evidence)
    return verdict.outcome


def cells_at_the_margin(rng: np.random.Generator, world: World, design: Design, trials: int) -> Counter[str]:
    """Judge cells whose true difference is the margin, where MATCH and WORSE are both false."""
    shift = max(2 * STEP, 0.5)
    values = 10 + shift + world.draw(rng, (trials, most(design)))
    margin = shift + world.mean
    return Counter(of_cell(row, world.images, margin, design) for row in values.tolist())


def arms_at_the_margin(
    rng: np.random.Generator, world: World, design: Design, trials: int, operator: str
) -> Counter[str]:
    """Judge two arms whose true difference is the margin, where CONFIRMED and CONTRADICTED are both false."""
    shift = max(2 * STEP, 0.5)
    other = np.full((trials, most(design)), 10.0)
    one = other + shift + world.draw(rng, other.shape)
    margin = shift + world.mean
    said = {
        "equal": claim(equal={"of": [A, B], "margin": margin}),
        "equal_gaps": claim(equal_gaps={"of": [["a.r.top1_error", A], ["b.r.top1_error", B]], "margin": margin}),
        "reduces": claim(reduces={"of": [A, B], "by": 0.25, "margin": margin - 0.25}),
    }[operator]
    still = {"a.r.top1_error": [1.0] * most(design), "b.r.top1_error": [1.0] * most(design)}
    return Counter(
        of_claim(said, {A: a, B: b} | still, world.images, design)
        for a, b in zip(one.tolist(), other.tolist(), strict=True)
    )


def equal_arms(
    rng: np.random.Generator, world: World, design: Design, trials: int, *, diverging: float = 0.0
) -> Counter[str]:
    """Judge two equal arms, where either direction is false; a share of all runs diverges."""
    shape = (trials, most(design))
    other = np.full(shape, 10.0)
    both = np.stack([other + world.draw(rng, shape) - world.mean, other]).astype(object)
    both[rng.random(both.shape) < diverging] = None
    said = claim(less=[A, B])
    return Counter(
        of_claim(said, {A: a, B: b}, world.images, design)
        for a, b in zip(both[0].tolist(), both[1].tolist(), strict=True)
    )


def gaps(rng: np.random.Generator, world: World, design: Design, trials: int) -> Counter[str]:
    """Judge two arms that overfit equally, where either direction is false."""
    said = claim(gap={"wider": ["a.r.top1_error", A], "narrower": ["b.r.top1_error", B]})
    flat = [5.0] * most(design)
    return Counter(
        of_claim(said, {A: a, B: [10.0] * len(a), "a.r.top1_error": flat, "b.r.top1_error": flat}, world.images, design)
        for a in (10 + world.draw(rng, (trials, most(design))) - world.mean).tolist()
    )


def curve(time: float, budget: float) -> list[list[float]]:
    """Return a training error that falls to 25% at a given time, or is cut short before."""
    return [[0.0, 90.0], [time, 25.0]] if time <= budget else [[0.0, 90.0], [budget, 30.0]]


def races(
    rng: np.random.Generator,
    world: World,
    design: Design,
    trials: int,
    *,
    ratio: float,
    censored: float,
    times: float | None = None,
) -> Counter[str]:
    """Judge the speeds of two arms whose log steps differ by log `ratio`; a share of the slow runs is cut short.

    With a ratio of 1, as many fast runs are cut short. `times` is the printed ratio, within a factor of 1.5.
    """
    shape = (trials, most(design))
    slow, fast = (math.log(20) + world.draw(rng, shape) for _ in range(2))
    slow += math.log(ratio)
    budget = math.exp(np.quantile(slow, 1 - censored)) if censored else math.inf
    by = {} if times is None else {"times": {"by": times, "within": 1.5}}
    said = claim(faster={"slow": "s", "fast": "f", "train_error": 25, **by})
    found = Counter[str]()
    for one, other in zip(np.exp(slow).tolist(), np.exp(fast).tolist(), strict=True):
        curves = {arm: [curve(time, budget) for time in of] for arm, of in (("s", one), ("f", other))}
        found[of_claim(said, {}, 0, design, curves)] += 1
    return found


def skewed_rates(trials: int, designs: Sequence[Design] = (3, 5, 8, (3, 5, 8))) -> list[list[str]]:
    """Return one row per skewed world and design: false MATCH at the margin, false CONFIRMED and CONTRADICTED."""
    rng = np.random.default_rng(2012)
    rows = []
    for name, world in SKEWED.items():
        for design in designs:
            far = World(lambda rng, shape, world=world: -world.draw(rng, shape), -world.mean, world.images)
            at = [cells_at_the_margin(rng, one, design, trials)["MATCH"] for one in (world, far)]
            null = equal_arms(rng, world, design, trials)
            shown = str(design) if isinstance(design, int) else f"looks {', '.join(map(str, design))}"
            events = (max(at), null["CONFIRMED"], null["CONTRADICTED"])
            rows.append([name, shown, *(f"{100 * count / trials:.1f}" for count in events)])
    return rows


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format rows as a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


LOOKS = ((3, 5), (3, 5, 8), (3, 5, 10), (6, 10, 15))


def table_of_levels(all_looks: Iterable[tuple[int, ...]] = LOOKS) -> str:
    """Format the nominal one-sided levels at looks."""
    rows = [
        [", ".join(map(str, looks)), f"{levels_at(looks).within:.4f}", f"{levels_at(looks).beyond:.4f}"]
        for looks in all_looks
    ]
    return table(["looks", "within a margin (0.05)", "beyond it, or a direction (0.025 a side)"], rows)


def table_of_skew(trials: int) -> str:
    """Format the error rates for skewed differences, in percent."""
    head = ["differences", "seeds", "MATCH at the margin (5)", "`less` CONFIRMED (2.5)", "`less` CONTRADICTED (2.5)"]
    return table(head, skewed_rates(trials))


def record_powers(checkout: Path) -> None:
    """Write how often the judges of an older checkout, of the commit that is named, decided what is true."""
    head = subprocess.run(["git", "-C", checkout, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    assert head.stdout.startswith(powers.COMMIT), f"{checkout} is at {head.stdout.strip()}, not at {powers.COMMIT}"
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    found = subprocess.run([sys.executable, powers.__file__], env=environment, check=True, capture_output=True)
    powers.BEFORE.write_bytes(found.stdout + b"\n")


TRIALS = 2000

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--power-of", type=Path, metavar="CHECKOUT")
    asked = parser.parse_args()
    if asked.power_of is not None:
        record_powers(asked.power_of)
    else:
        print(table_of_levels(), table_of_skew(asked.trials), sep="\n\n")  # noqa: T201 - what it is for
