"""Two nets at a time: image by image, each seed for itself, beside the claims that are decided by seeds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fabricated import finish, finish_all
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness.data.locate import Locations
from harness.jobs.metrics import correct_rank
from harness.plan.graph import Plan, make_plan
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.gather import gather
from harness.report.net_pairs import correct_ranks, net_pairs
from harness.report.page.render import render
from harness.report.results.document import NetPairSeed
from harness.run.execute import written
from harness.store.store import Store
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path

IMAGES, CLASSES = 40, 10
LABELS = np.arange(IMAGES) % CLASSES
IDS = np.array([f"digits/val/{number:05d}" for number in range(IMAGES)])
CLAIM = "norm_top1"
"""That normalisation reduces the error: first the nets with it, then those without."""


@pytest.fixture
def plan() -> Plan:
    """AlexNet's ablations on the digits, two seeds."""
    return make_plan(load_suite(suite_path("ablations")), "ci")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One with nothing in it."""
    return Store(tmp_path)


def wrong_on(images: set[int]) -> np.ndarray:
    """Outputs of a net that is sure of every label but those of these images."""
    outputs = np.full((IMAGES, CLASSES), 0.01, np.float32)
    named = [(label + (number in images)) % CLASSES for number, label in enumerate(LABELS)]
    outputs[np.arange(IMAGES), named] = 0.91
    return outputs


def left_predictions(plan: Plan, store: Store, experiment: str, seed: int, images: set[int], ids: Any = IDS) -> Path:
    """A finished test that left predictions wrong on these images; where they lie."""
    job = plan.jobs[plan.evaluations[experiment, "val_ten", seed]]
    path = written(store, job).predictions
    np.savez(path, probabilities=wrong_on(images), labels=LABELS, ids=ids, classes=np.arange(CLASSES).astype(str))
    finish(store, job)
    return path


@pytest.fixture
def pair_of(plan: Plan, store: Store) -> Callable[[int], NetPairSeed]:
    """The two nets of the claim for a seed, as they stand in the store."""

    def found(seed: int) -> NetPairSeed:
        pairs = {one.claim: one for one in net_pairs(plan, store, statuses(plan, store, Locations()))}
        return next(run for run in pairs[CLAIM].seeds if run.seed == seed)

    return found


def test_a_seed_s_nets_are_compared_on_the_images_where_one_alone_is_right(plan, store, pair_of) -> None:
    """McNemar's test is the exact binomial one on those, as scipy has it."""
    finish_all(store, plan)
    left_predictions(plan, store, "without_norm", 0, set(range(9)))
    left_predictions(plan, store, "cnn", 0, {0, 20})
    found = pair_of(0)
    assert (found.only_first_right, found.only_second_right, found.images) == (8, 1, IMAGES)
    assert found.difference == pytest.approx(-100 * 7 / IMAGES)
    assert found.p == pytest.approx(binomtest(1, 9).pvalue)
    low, high = found.interval
    assert low < found.difference < high < 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda path: path.unlink(), "cnn.val_ten: its predictions are not in this store"),
        (lambda path: path.write_bytes(b"x"), "cnn.val_ten: its predictions are damaged"),
    ],
)
def test_predictions_that_are_not_those_of_the_result_are_not_compared(plan, store, pair_of, spoil, why) -> None:
    """And the reason stands in their place; the other seed is compared all the same."""
    finish_all(store, plan)
    for seed in (0, 1):
        left_predictions(plan, store, "without_norm", seed, {1})
        path = left_predictions(plan, store, "cnn", seed, {2})
        if seed == 0:
            spoil(path)
    assert pair_of(0).plain() == {"seed": 0, "absent": why}
    assert pair_of(1).absent is None


def test_nets_that_saw_other_images_are_not_compared(plan, store, pair_of) -> None:
    """Nor are those that saw the same in another order."""
    finish_all(store, plan)
    left_predictions(plan, store, "without_norm", 0, {1})
    left_predictions(plan, store, "cnn", 0, {2}, IDS[::-1])
    assert pair_of(0).absent == "the two nets were not tested on the same images"


def test_a_diverged_net_has_no_predictions(plan, store, pair_of) -> None:
    """It is said."""
    finish_all(store, plan)
    left_predictions(plan, store, "without_norm", 0, {1})
    finish(store, plan.jobs[plan.evaluations["cnn", "val_ten", 0]], outcome="diverged")
    assert pair_of(0).absent == "cnn.val_ten: diverged, so there are no predictions"


def test_only_claims_that_set_test_errors_against_each_other_are_of_two_nets(plan, store) -> None:
    """No count, no gap to the training error, no trend."""
    finish_all(store, plan)
    found = {one.claim for one in net_pairs(plan, store, statuses(plan, store, Locations()))}
    assert {CLAIM, "norm_top5", "overlap_top1", "depth_conv2"} <= found
    assert not found & {"same_size", "overlap_overfits_less", "depth_conv1"}


def test_before_anything_has_run_there_is_nothing_to_compare(plan, store) -> None:
    """A report of nothing has no such section."""
    store.prepare()
    assert net_pairs(plan, store, statuses(plan, store, Locations())) == []


def test_the_page_shows_them_and_says_of_what_they_speak(plan, store) -> None:
    """With the section's own caption."""
    finish_all(store, plan)
    left_predictions(plan, store, "without_norm", 0, set(range(9)))
    left_predictions(plan, store, "cnn", 0, {0, 20})
    documents = gather(plan, store, statuses(plan, store, Locations()), Choice("ci", "asked for", ""))
    page = render(*documents)
    assert "not of the methods; it is never pooled over seeds, and decides nothing" in page
    assert page.count('<section id="net_pairs"') == 1
    assert "\N{MINUS SIGN}17.50" in page


@given(st.lists(st.lists(st.sampled_from([0.0, 0.1, 0.5, float("nan")]), min_size=5, max_size=5), min_size=1))
def test_a_label_s_rank_is_that_of_the_metrics(rows) -> None:
    """Ties and numbers that are none included."""
    scores, labels = np.array(rows, np.float32), np.arange(len(rows)) % 5
    expected = correct_rank(torch.from_numpy(scores), torch.from_numpy(labels))
    assert correct_ranks(scores, labels).tolist() == expected.tolist()
