"""Tests that an inspection finds images by seed and id, and reports missing input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspected_nets import InspectedNet, certain

from harness.errors import JobFailed
from harness.jobs.inspections.subject import one_of_each_class_first, seeded_order

IDS = st.lists(st.text(min_size=1), unique=True, max_size=20)
LABELS = st.lists(st.integers(0, 4), max_size=30)


@given(IDS, st.integers(0, 3))
def test_order_is_of_the_ids_and_the_seed(ids, seed):
    """The order holds every position once and depends only on ids and seed."""
    order = seeded_order(ids, seed)

    assert sorted(order) == list(range(len(ids)))
    assert [ids[place] for place in order] == [ids[::-1][place] for place in seeded_order(ids[::-1], seed)]


def test_seeds_give_different_orders():
    """Different seeds give different orders of a hundred ids."""
    ids = [str(number) for number in range(100)]

    assert seeded_order(ids, 0) != seeded_order(ids, 1)


@given(LABELS, st.integers(0, 30))
def test_classes_take_turns(labels, wanted):
    """Each class appears k times before any appears k + 2 times; within a class the order stays."""
    places = list(range(len(labels)))

    found = one_of_each_class_first(places, labels, wanted)

    assert len(found) == min(wanted, len(labels))
    for label in set(labels):
        of_class = [place for place in found if labels[place] == label]
        whole = [place for place in places if labels[place] == label]
        assert of_class == whole[: len(of_class)]
        most = max((sum(labels[place] == other for place in found) for other in set(labels)), default=0)
        assert len(of_class) >= min(most - 1, len(whole))


def test_predictions_that_cannot_be_read_are_named(tmp_path):
    """The error for unreadable predictions names the file and the remedy."""
    net = InspectedNet(tmp_path)
    net.tested(certain(net.split("test").labels, 10))
    net.inputs("test").predictions.write_bytes(b"no archive")

    with pytest.raises(JobFailed, match=r"predictions.npz cannot be read .*move .* away"):
        net.inspected({"what": "panel", "evaluation": "test"}, "test")


def test_an_input_without_a_result_is_named(tmp_path):
    """The error for an unfinished training names its folder."""
    net = InspectedNet(tmp_path)
    net.inputs("network").result.unlink()

    with pytest.raises(JobFailed, match="network has no result to inspect"):
        net.inspected({"what": "kernels"})
