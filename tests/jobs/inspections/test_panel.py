"""Tests that a panel's images are chosen by its rule alone, and shown with the net's predictions for them."""

import numpy as np
import pytest
import torch
from inspected_nets import InspectedNet, certain

from harness.jobs.inspections import parsed
from harness.jobs.inspections.on_device.panel import chosen, worst_classes
from harness.jobs.inspections.subject import Predictions

CLASSES, COUNT = 8, 400


@pytest.fixture(scope="module")
def predictions() -> Predictions:
    """Return random predictions for 400 images of eight classes."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(CLASSES), COUNT).astype(np.float32)
    labels = random.integers(0, CLASSES, COUNT)
    return Predictions(probabilities, labels, [f"set/test/{place}" for place in range(COUNT)])


def picked(predictions: Predictions, **rule: object) -> list[int]:
    """Return the positions that a rule chooses."""
    return chosen(parsed({"what": "panel", "evaluation": "test", **rule}), predictions)


def among_five(predictions: Predictions, places: list[int]) -> np.ndarray:
    """Return whether the label is among the five most probable, by sorting."""
    top = np.argsort(predictions.probabilities[places], axis=1)[:, -5:]
    return (top == predictions.labels[places][:, None]).any(1)


def test_rule_depends_on_ids_and_seed_alone(predictions):
    """The choice does not depend on the order of images; another seed gives another choice."""
    turned = Predictions(predictions.probabilities[::-1], predictions.labels[::-1], predictions.ids[::-1])

    names = [predictions.ids[place] for place in picked(predictions)]
    assert names == [turned.ids[place] for place in picked(turned)]
    assert names != [predictions.ids[place] for place in picked(predictions, seed=1)]


def test_predictions_do_not_move_a_panel_of_any(predictions):
    """A panel of any images does not depend on the predictions."""
    other = predictions._replace(probabilities=predictions.probabilities[:, ::-1])

    assert picked(predictions) == picked(other)


def test_no_class_comes_twice_before_every_class_came_once(predictions):
    """No class appears twice before every class has appeared once."""
    labels = predictions.labels[picked(predictions, images=16)].tolist()

    assert sorted(labels[:8]) == sorted(labels[8:]) == list(range(CLASSES))


@pytest.mark.parametrize(("which", "expected"), [("right", True), ("wrong", False), ("worst_classes", False)])
def test_images_are_of_the_wanted_kind(predictions, which, expected):
    """A panel of right or wrong images holds only such images."""
    places = picked(predictions, which=which, images=9)

    assert len(places) == 9
    assert (among_five(predictions, places) == expected).all()


def test_errors_of_the_three_worst_classes(predictions):
    """A panel of the worst classes shows three errors of each, the class with the highest top-5 error first."""
    labels = predictions.labels[picked(predictions, which="worst_classes", images=9)]
    wrong = ~among_five(predictions, list(range(COUNT)))
    errors = [wrong[predictions.labels == label].mean() for label in range(CLASSES)]

    expected = np.argsort(errors)[::-1][:3]
    assert labels.tolist() == np.repeat(expected, 3).tolist()


def test_equally_bad_classes_come_in_their_order():
    """Classes with equal errors come in the order of the list of classes."""
    labels = np.arange(5).repeat(2)

    assert worst_classes(np.ones(10, bool), labels, 5) == [0, 1, 2]


def test_fewer_of_a_kind_than_wanted_is_a_shorter_panel(tmp_path):
    """With fewer qualifying images than asked for, the panel is shorter; with none, `shown` is 0."""
    net = InspectedNet(tmp_path)
    net.tested(certain(net.split("test").labels, 10))

    result, arrays = net.inspected({"what": "panel", "evaluation": "test", "which": "wrong"}, "test")

    assert result["values"] == {"shown": 0, "top1_right": 0, "top5_right": 0}
    assert arrays == {}


def test_panel_shows_what_was_said_of_the_image_it_shows(tmp_path):
    """Image, label and probabilities belong to the same id, also if the test saw a sample of the split."""
    net = InspectedNet(tmp_path)
    split = net.split("test")
    random = np.random.default_rng(0).dirichlet(np.ones(10), 100)
    net.tested(random, first=50)

    result, arrays = net.inspected({"what": "panel", "evaluation": "test"}, "test")

    for row, identity in enumerate(arrays["ids"].tolist()):
        place = split.ids.index(identity)
        assert (arrays["images"][row] == split.images([place])[0, :, 2:30, 2:30].numpy()).all()
        assert arrays["labels"][row] == split.labels[place]
        assert arrays["top"][row].tolist() == np.argsort(-random[place - 50])[:5].tolist()
        assert arrays["probabilities"][row] == pytest.approx(np.sort(random[place - 50])[::-1][:5])
    right = int((torch.from_numpy(arrays["top"][:, 0].copy()) == torch.from_numpy(arrays["labels"])).sum())
    assert (result["values"]["shown"], result["values"]["top1_right"]) == (8, right)
