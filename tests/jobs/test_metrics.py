"""Tests of error rates and cross-entropy, against cases by hand and against torch."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.metrics import Tally, correct_rank, error_percent, negative_log_probability, tally, topk_errors
from harness.vocabulary import METRICS, guessing

SCORES = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], [0.4, 0.4, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25]])


def predictions(samples=200, classes=10, seed=0):
    """Return probabilities without ties, and labels."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(samples, classes, generator=generator, dtype=torch.float64)
    return logits.softmax(1), torch.randint(classes, (samples,), generator=generator)


def test_the_rank_counts_the_classes_scored_at_least_as_high():
    """Ranks match cases by hand; ties count against the correct class in any order."""
    assert correct_rank(SCORES, torch.tensor([3, 3, 0, 2])).tolist() == [0, 3, 1, 3]
    assert correct_rank(SCORES, torch.tensor([0, 1, 1, 0])).tolist() == [3, 1, 1, 3]


def test_an_error_is_a_label_beyond_the_k_most_probable():
    """Errors for k = 1 to 4 match cases by hand."""
    labels = torch.tensor([2, 3, 0, 1])
    wrong = [topk_errors(SCORES, labels, k).tolist() for k in (1, 2, 3, 4)]
    assert wrong == [[True] * 4, [False, True, False, True], [False, True, False, True], [False] * 4]


@pytest.mark.parametrize("k", [1, 3, 5])
def test_without_ties_errors_are_those_of_torchs_topk(k):
    """Without ties, errors equal those of torch.topk."""
    probabilities, labels = predictions()
    found = probabilities.topk(k).indices.eq(labels[:, None]).any(dim=1)
    assert torch.equal(topk_errors(probabilities, labels, k), ~found)


@given(order=st.permutations(range(6)), values=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_errors_do_not_depend_on_the_order_of_the_classes(order, values):
    """Reordering the classes changes no error, even with ties."""
    scores, labels = torch.tensor([values] * 6, dtype=torch.float32), torch.arange(6)
    renamed = torch.tensor([order.index(label) for label in range(6)])
    for k in (1, 2, 5):
        assert torch.equal(topk_errors(scores, labels, k), topk_errors(scores[:, list(order)], renamed, k))


def test_a_net_that_tells_no_classes_apart_gets_none_right():
    """Constant and NaN scores are errors at every k below the number of classes."""
    for value in (0.1, math.nan):
        wrong = topk_errors(torch.full((4, 10), value), torch.arange(4), 9)
        assert wrong.all()


@pytest.mark.parametrize("k", [0, 5])
def test_a_k_beyond_the_classes_is_an_error(k):
    """A k beyond the classes is an error that names k and the classes."""
    with pytest.raises(ValueError, match=f"top-{k} error needs k between 1 and the 4 classes"):
        topk_errors(SCORES, torch.zeros(4, dtype=torch.int64), k)


def test_cross_entropy_is_torchs():
    """Cross-entropy equals F.cross_entropy on the logarithms."""
    probabilities, labels = predictions()
    ours = negative_log_probability(probabilities, labels)
    torch.testing.assert_close(ours, F.cross_entropy(probabilities.log(), labels, reduction="none"))


def test_an_underflowed_probability_costs_a_finite_price():
    """An underflowed probability counts as the smallest normal float32."""
    loss = negative_log_probability(torch.tensor([[1.0, 0.0]]), torch.tensor([1]))
    assert loss.item() == pytest.approx(126 * math.log(2))


def test_a_nan_probability_stays_nan():
    """A NaN probability gives a NaN cross-entropy."""
    assert negative_log_probability(torch.tensor([[math.nan, 0.5]]), torch.tensor([0])).isnan().all()


@given(cuts=st.lists(st.integers(0, 200), max_size=6))
def test_batches_of_any_size_add_up_to_the_whole(cuts):
    """Batches of any size add up to the whole: errors exactly, cross-entropy up to rounding."""
    probabilities, labels = predictions()
    edges = [0, *sorted(cuts), 200]
    parts = [tally(probabilities[a:b], labels[a:b]) for a, b in itertools.pairwise(edges)]
    added, whole = sum(parts, Tally()).metrics(), tally(probabilities, labels).metrics()
    assert (added["top1_error"], added["top5_error"]) == (whole["top1_error"], whole["top5_error"])
    assert added["cross_entropy"] == pytest.approx(whole["cross_entropy"], rel=1e-12)


def test_a_tally_gives_every_declared_metric():
    """A tally gives exactly the metrics of the registry."""
    assert tally(*predictions()).metrics().keys() == METRICS.keys()


def test_percent_is_the_nearest_number_to_the_fraction():
    """Percentages are exact: 18,750 of 50,000 is 37.5."""
    assert error_percent(18_750, 50_000) == 37.5
    assert error_percent(0, 3) == 0.0


@pytest.mark.parametrize(("wrong", "samples"), [(0, 0), (3, 2), (-1, 2)])
def test_counts_that_are_no_rate_are_an_error(wrong, samples):
    """No samples, or errors out of range, raise an error."""
    with pytest.raises(ValueError, match=f"{wrong} errors in {samples} samples is no error rate"):
        error_percent(wrong, samples)


@pytest.mark.parametrize(("classes", "top1", "top5"), [(10, 90.0, 50.0), (1000, 99.9, 99.5), (5, 80.0, 0.0)])
def test_a_net_that_guesses_has_the_errors_of_chance(classes, top1, top5):
    """The metrics of guessing are those of chance: top-5 accuracy is five times top-1 accuracy."""
    assert guessing(classes) == {
        "top1_error": pytest.approx(top1),
        "top5_error": pytest.approx(top5),
        "cross_entropy": pytest.approx(math.log(classes)),
    }
