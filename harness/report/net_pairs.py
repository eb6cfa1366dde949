"""Compares two trained nets image by image, beside a claim that sets one test against another.

A claim speaks of methods, and is decided by the spread over seeds. McNemar's test and the bootstrap over images speak
of the two nets of one seed, on images drawn as the test images were; they are never pooled, and decide nothing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.judge.statistics import bootstrap_difference, mcnemar
from harness.plan.graph import Plan
from harness.plan.status import Status
from harness.report.results.document import NetPairRecord, NetPairSeed
from harness.store.provenance import trained_elsewhere
from harness.store.store import Store, file_sha256
from harness.suite.claim_parts import is_direction

RANKS = {"top1_error": 1, "top5_error": 5}
"""Metrics that are shares of images, with the rank up to which a label counts as named."""


class _Test(NamedTuple):
    """An operand of a claim that is a test."""

    experiment: str
    evaluation: str
    metric: str


class _Seen(NamedTuple):
    """The answers of one net to the test images."""

    ids: NDArray[np.str_]
    ranks: NDArray[np.int64]
    """How many other classes it scored at least as high as the correct one, image by image."""


@dataclass(frozen=True, slots=True)
class _Predictions:
    """Reads the predictions of tests, each once."""

    plan: Plan
    store: Store
    standing: Mapping[str, Status]
    read: dict[str, _Seen | str] = field(default_factory=dict)

    def of(self, test: _Test, seed: int) -> _Seen | str:
        """The answers of the net of that seed; or why nothing is known of it image by image."""
        key = self.plan.evaluations[test.experiment, test.evaluation, seed]
        if key not in self.read:
            self.read[key] = self._read(key)
        return self.read[key]

    def _read(self, key: str) -> _Seen | str:
        result = self.standing[key].result
        if result is None:
            return "not run yet"
        if result["outcome"] != "done":
            return f"{result['outcome']}, so there are no predictions"
        path = self.store.folder(self.plan.jobs[key].kind, key).predictions
        if not path.is_file():
            return "its predictions are not in this store"
        if file_sha256(path) != result["outputs"].get(path.name):
            return "its predictions are damaged"
        try:
            with np.load(path, allow_pickle=False) as arrays:
                seen = _Seen(arrays["ids"], correct_ranks(arrays["probabilities"], arrays["labels"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return "its predictions cannot be read"
        return seen


def net_pairs(plan: Plan, store: Store, standing: Mapping[str, Status]) -> list[NetPairRecord]:
    """For every claim that sets one test's top-k error against another's: the nets of each seed, image by image.

    A difference is the error of the first net less that of the second, in points. Of a claim that something reduces the
    error, the net that has it comes first: the difference then has the sign of the claim's effect. Weights that were
    trained elsewhere are left out, and so are training images.
    """
    predictions = _Predictions(plan, store, standing)
    return [
        NetPairRecord(
            claim=name,
            metric=one.metric,
            nets=[f"{test.experiment}.{test.evaluation}" for test in (one, other)],
            seeds=[_pair(predictions, one, other, seed) for seed in plan.seeds],
        )
        for name, one, other in _compared(plan, standing)
    ]


def correct_ranks(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many other classes are scored at least as high as the correct one: int64 [N] from [N, C] and labels [N].

    As `metrics.correct_rank` counts: a tie, or a score that is not a number, counts against the correct class.
    """
    own = probabilities[np.arange(len(labels)), labels]
    ranks: NDArray[np.int64] = (~(probabilities < own[:, None])).sum(1) - 1
    return ranks


def _compared(plan: Plan, standing: Mapping[str, Status]) -> Iterator[tuple[str, _Test, _Test]]:
    """Claims about two tests of the same metric of this suite's own nets."""
    places = {cell.id: cell.place for cell in plan.suite.cells() if cell.minus is None}
    for name, claim in plan.suite.file.claims.items():
        if claim.operator not in ("less", "reduces", "equal") or is_direction(name):
            continue
        tests = [_test(plan, places.get(operand) or tuple(operand.split("."))) for operand in claim.operands]
        one, other = tests if len(tests) == 2 else (None, None)
        if one is None or other is None or one.metric != other.metric:
            continue
        results = [standing[plan.evaluations[*test[:2], seed]].result for test in (one, other) for seed in plan.seeds]
        if any(results) and not trained_elsewhere(result for result in results if result is not None):
            yield (name, other, one) if claim.operator == "reduces" else (name, one, other)


def _test(plan: Plan, place: tuple[str, ...]) -> _Test | None:
    """The operand, if it is a top-k error on test images that is taken at this scale."""
    if len(place) != 3 or place[2] not in RANKS:
        return None
    test = _Test(*place)
    keys = [plan.evaluations.get((*test[:2], seed)) for seed in plan.seeds]
    trained_on = any(key is not None and plan.jobs[key].spec.get("splits") == ["train"] for key in keys)
    return None if None in keys or trained_on else test


def _pair(predictions: _Predictions, one: _Test, other: _Test, seed: int) -> NetPairSeed:
    """The two nets of a seed; or why they cannot be compared."""
    first, second = predictions.of(one, seed), predictions.of(other, seed)
    for test, seen in ((one, first), (other, second)):
        if isinstance(seen, str):
            return NetPairSeed(seed=seed, absent=f"{test.experiment}.{test.evaluation}: {seen}")
    assert isinstance(first, _Seen)
    assert isinstance(second, _Seen)
    if not np.array_equal(first.ids, second.ids):
        return NetPairSeed(seed=seed, absent="the two nets were not tested on the same images")
    right, other_right = (seen.ranks < RANKS[one.metric] for seen in (first, second))
    found, interval = mcnemar(right, other_right), bootstrap_difference(right, other_right)
    images = len(first.ids)
    return NetPairSeed(
        seed=seed,
        absent=None,
        images=images,
        only_first_right=found.only_a,
        only_second_right=found.only_b,
        difference=100 * (found.only_b - found.only_a) / images,
        interval=[100 * interval.low, 100 * interval.high],
        p=found.test.p_value,
    )
