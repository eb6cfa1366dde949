"""How often a judge decides what is true, on draws that another version of the judges can be given too.

`python tests/support/error_rates.py --power-of CHECKOUT` has the judges of an older checkout, commit `COMMIT`, decide
them, and writes how often they did to `BEFORE`; the judges of today are held to nine tenths of that.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

COMMIT = "af83622"
"""The last version before verdicts needed a warrant; its t tests allowed nothing for the step of one image."""
BEFORE = Path(__file__).parent.parent / "samples" / "power_before.json"
DRAWS = 400
SEEDS = (5, 6, 7, 8, 9, 10)
POWERS = (0.6, 0.8, 0.95)
"""Shares of draws that plain t tests decide, where nothing is rounded."""
WORLDS = ((0.3, 400), (0.6, 400), (0.3, 10_000))
"""Standard deviations over seeds, in points, and numbers of test images: of 400, one is 0.25 points."""
WANTED = {
    "less": "CONFIRMED",
    "gap": "CONFIRMED",
    "equal": "CONFIRMED",
    "unequal": "CONTRADICTED",
    "equal_gaps": "CONFIRMED",
    "reduces": "CONFIRMED",
    "match": "MATCH",
    "worse": "WORSE",
    "faster": "CONFIRMED",
    "ratio": "CONFIRMED",
}
"""By what is asked, the outcome that is true; `match` and `worse` are of cells, `ratio` of a printed factor."""
MARGIN, LEVEL = 0.5, 10.0

_TODAY = {
    "Cell": "harness.suite.cells",
    "Claim": "harness.suite.claims",
    "Evidence": "harness.judge.evidence",
    "Measured": "harness.judge.cells",
    "judge_cell": "harness.judge.cells",
    "judge_claims": "harness.judge.claims",
}
_THEN = {
    "Cell": "harness.cells",
    "Claim": "harness.claims",
    "Evidence": "harness.claim_evidence",
    "Measured": "harness.verdict",
    "judge_cell": "harness.verdict",
    "judge_claims": "harness.claim_verdict",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One question put to a judge, with normal differences over seeds; `power` is that of a t test without steps."""

    asked: str
    std: float
    images: int
    seeds: int
    power: float

    @property
    def of_speed(self) -> bool:
        """Whether it is about epochs, which do not move in steps of an image."""
        return self.asked in ("faster", "ratio")

    @property
    def id(self) -> str:
        """As the recorded figures name it."""
        world = f"spread {self.std:g} of {self.images} images"
        return f"{self.asked}, {world}, {self.seeds} seeds, power {self.power:g}"


def cases(
    worlds: Sequence[tuple[float, int]] = WORLDS, seeds: Sequence[int] = SEEDS, powers: Sequence[float] = POWERS
) -> list[Case]:
    """Every question; speeds are asked of one world."""
    return [
        Case(asked, std, images, n, power)
        for asked in WANTED
        for std, images in (worlds[:1] if asked in ("faster", "ratio") else worlds)
        for n in seeds
        for power in powers
    ]


@cache
def _needed(seeds: int, power: float, *, within: bool) -> float:
    """The margin in standard deviations that holds a mean of zero in this share of draws, or the effect beyond it."""
    values = np.random.default_rng(seeds).standard_normal((40_000, seeds))
    means, errors = values.mean(axis=1), values.std(axis=1, ddof=1) / math.sqrt(seeds)
    t = float(special.stdtrit(seeds - 1, 0.95 if within else 0.975))
    return float(np.quantile(np.abs(means) + t * errors if within else t * errors - means, power))


def _effect(case: Case) -> float:
    """In points, or in logarithms of a ratio."""
    within = WANTED[case.asked] in ("CONFIRMED", "MATCH") and case.asked not in ("less", "gap", "faster")
    return case.std * _needed(case.seeds, case.power, within=within)


def _differences(case: Case, mean: float, draws: int) -> Array:
    """Normal differences about a mean, to whole images, by draw and seed."""
    drawn = np.random.default_rng([case.seeds, case.images]).normal(mean, case.std, (draws, case.seeds))
    step = 100 / case.images
    return drawn if case.of_speed else np.round(drawn / step) * step


def decided(case: Case, judges: SimpleNamespace, draws: int = DRAWS) -> int:
    """In how many draws judges say what is true."""
    effect = _effect(case)
    mean = {"less": effect, "gap": effect, "faster": effect, "ratio": math.log(3), "unequal": MARGIN + effect,
            "worse": MARGIN + effect, "reduces": 2.0}.get(case.asked, 0.0)  # fmt: skip
    margin = MARGIN if case.asked in ("unequal", "worse") else effect
    outcomes = [_outcome(case, row, margin, judges) for row in _differences(case, mean, draws)]
    return outcomes.count(WANTED[case.asked])


def _outcome(case: Case, differences: Array, margin: float, judges: SimpleNamespace) -> str:
    if case.asked in ("match", "worse"):
        return _of_cell(case, differences, margin, judges)
    if case.of_speed:
        return _of_race(case, differences, margin, judges)
    one, other = "a.t.top1_error", "b.t.top1_error"
    gaps = [["a.r.top1_error", one], ["b.r.top1_error", other]]
    said = {
        "less": {"less": [other, one]},
        "gap": {"gap": {"wider": gaps[0], "narrower": gaps[1]}},
        "equal": {"equal": {"of": [one, other], "margin": margin}},
        "unequal": {"equal": {"of": [one, other], "margin": margin}},
        "equal_gaps": {"equal_gaps": {"of": gaps, "margin": margin}},
        "reduces": {"reduces": {"of": [one, other], "by": 2.0, "margin": margin}},
    }[case.asked]
    flat = [LEVEL] * case.seeds
    arms = {one: (LEVEL + differences).tolist(), other: flat, "a.r.top1_error": flat, "b.r.top1_error": flat}
    measured = {name: _measured(values, case, judges) for name, values in arms.items()}
    return _of_claim(said, judges.Evidence({}, measured, {}, "paper"), judges)


def _of_cell(case: Case, differences: Array, margin: float, judges: SimpleNamespace) -> str:
    cell = judges.Cell(id="c", row="c", column="", label="c", ref="", printed="10.000000000", paper=LEVEL, unit="%",
                       margin=margin, place=("a", "t", "top1_error"))  # fmt: skip
    return str(judges.judge_cell(cell, _measured((LEVEL + differences).tolist(), case, judges), "paper").outcome)


def _of_race(case: Case, logs: Array, margin: float, judges: SimpleNamespace) -> str:
    times = {"slow": (LEVEL * np.exp(logs)).tolist(), "fast": [LEVEL] * case.seeds}
    curves = {
        arm: {"train_error": {str(seed): [[0.0, 90.0], [time, 25.0]] for seed, time in enumerate(of)}}
        for arm, of in times.items()
    }
    printed = {"times": {"by": 3.0, "within": math.exp(margin)}} if case.asked == "ratio" else {}
    said = {"faster": {"slow": "slow", "fast": "fast", "train_error": 25, **printed}}
    trainings = {arm: _measured([25.0] * case.seeds, case, judges) for arm in times}
    return _of_claim(said, judges.Evidence({}, {}, curves, "paper", trainings=trainings), judges)


def _of_claim(said: Mapping[str, Any], evidence: Any, judges: SimpleNamespace) -> str:
    claim = judges.Claim.parsed({"ref": "A01", "says": "it is so", "source": "section 1", **said})
    (verdict,) = judges.judge_claims({"it": claim}, evidence)
    return str(verdict.outcome)


def _measured(values: list[float], case: Case, judges: SimpleNamespace) -> Any:
    by_seed = dict(enumerate(values))
    return judges.Measured(values=by_seed, declared_seeds=case.seeds, images=case.images)


def judges_of(modules: Mapping[str, str]) -> SimpleNamespace:
    """The judges of the version that is imported, by the modules in which it has them."""
    return SimpleNamespace(**{name: getattr(importlib.import_module(of), name) for name, of in modules.items()})


def today() -> SimpleNamespace:
    """The judges of this version."""
    return judges_of(_TODAY)


def recorded() -> dict[str, int]:
    """By case, in how many of the draws the judges of `COMMIT` decided what is true."""
    found: dict[str, Any] = json.loads(BEFORE.read_text("utf-8"))
    assert (found["commit"], found["draws"]) == (COMMIT, DRAWS)
    return dict(found["decided"])


if __name__ == "__main__":
    counted = {case.id: decided(case, judges_of(_THEN)) for case in cases()}
    kept = {name: count for name, count in counted.items() if 0.5 * DRAWS <= count <= 0.99 * DRAWS}
    json.dump({"commit": COMMIT, "draws": DRAWS, "decided": kept}, sys.stdout, indent=1)
