"""Tests that errors are counted class by class, and compared with another net's on the same images only."""

import numpy as np
import pytest
from inspected_nets import InspectedNet, certain

from harness.errors import JobFailed
from harness.jobs.inspections import parsed
from harness.jobs.inspections.on_device.per_class import class_errors, missed

SPEC = {"what": "per_class", "evaluation": "test", "top": 1}


def test_known_errors():
    """Known predictions give errors of half, none and all of a class; a class without images counts as 0."""
    wrong = np.array([True, False, False, True])

    errors, counts = class_errors(wrong, np.array([0, 0, 1, 3]), 4)

    assert errors.tolist() == [50, 0, 0, 100]
    assert counts.tolist() == [2, 1, 0, 1]


def test_errors_weighted_by_images_are_the_error_of_the_split():
    """The mean of class errors weighted by images equals the error of the split."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(10), 300).astype(np.float32)
    labels = random.integers(0, 10, 300)
    wrong = missed(probabilities, labels, 5)

    errors, counts = class_errors(wrong, labels, 10)

    assert (errors * counts).sum() / 300 == pytest.approx(100 * wrong.mean())


@pytest.fixture
def net(tmp_path):
    """Return a net that misses every 3 and another that misses every 3 and every 5."""
    net = InspectedNet(tmp_path)
    labels = net.split("test").labels.clone()
    labels[labels == 3] = 8
    net.tested(certain(labels, 10))
    labels[labels == 5] = 8
    net.tested(certain(labels, 10), name="against")
    return net


def test_worst_and_faultless_classes(net):
    """One class of ten is always wrong, and the others never are."""
    result, arrays = net.inspected(SPEC, "test")

    assert result["values"] == {"zero_error_classes": 9, "mean_error": 10, "worst_error": 100}
    assert arrays["class_names"][arrays["errors"] == 100].tolist() == ["3"]
    assert "reductions" not in arrays


def test_reduction_is_the_others_error_less_ours(net):
    """Better classes are those in which this net has the lower error; swapping the nets swaps the signs."""
    ours, arrays = net.inspected({**SPEC, "against": "old"}, "test", "against")
    assert arrays["reductions"].tolist() == [0, 0, 0, 0, 0, 100, 0, 0, 0, 0]
    assert [ours["values"][f"{name}_classes"] for name in ("better", "same", "worse")] == [1, 9, 0]

    net.inputs("test").path.rename(net.root / "aside")
    net.inputs("against").path.rename(net.inputs("test").path)
    (net.root / "aside").rename(net.inputs("against").path)
    theirs, _ = net.inspected({**SPEC, "against": "old"}, "test", "against")
    assert [theirs["values"][f"{name}_classes"] for name in ("better", "same", "worse")] == [0, 9, 1]


def test_another_net_that_diverged_leaves_our_own_errors(net):
    """If the other net diverged, only the comparison is absent."""
    net.finish("against", "diverged")

    result, _ = net.inspected({**SPEC, "against": "old"}, "test", "against")

    assert result["values"]["worst_error"] == 100
    assert set(result["absent"]) == {"better_classes", "same_classes", "worse_classes"}
    assert result["outcome"] == "done"


def test_other_images_are_not_compared(net):
    """Comparing tests of different images is an error."""
    net.tested(certain(net.split("test").labels[1:], 10), name="against", first=1)

    with pytest.raises(JobFailed, match="tested on other images"):
        net.inspected({**SPEC, "against": "old"}, "test", "against")


def test_five_labels_of_five_classes_are_refused():
    """Top-5 error on five classes is refused, because no image could be an error."""
    with pytest.raises(ValueError, match="always zero with 5 classes"):
        parsed({"what": "per_class", "evaluation": "test"}).quantities((), 5)
