"""Tests that neighbours are those of an exhaustive search, and that rates count them correctly."""

import numpy as np
import pytest
import torch
from inspected_nets import CROP, InspectedNet

from harness.data.views import central
from harness.jobs.inspections.on_device import neighbours
from harness.jobs.inspections.on_device.neighbours import Nearest, Search, distances, rates
from harness.jobs.inspections.subject import seeded_order


def test_distances_are_torchs_own():
    """Distances equal torch's cdist, and exactly so for integers."""
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.randint(0, 256, (n, 40), generator=generator).double() for n in (5, 7))

    found = distances(one, other)

    assert torch.equal(found, torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist"))
    assert torch.equal(distances(one, one).diagonal(), torch.zeros(5, dtype=torch.float64))


@pytest.mark.parametrize("size", [1, 3, 20])
def test_batches_change_no_neighbour(size):
    """The size of batches does not change neighbours, even with many equal distances."""
    generator = torch.Generator().manual_seed(0)
    every = torch.randint(0, 9, (4, 20), generator=generator).double()  # with many equal distances
    nearest = Nearest.nothing(4, 6, torch.device("cpu"))
    for places in torch.arange(20).split(size):
        nearest.see(every[:, places], places, 10 * every[:, places])

    order = every.argsort(dim=1, stable=True)[:, :6]
    assert torch.equal(nearest.place, order)
    assert torch.equal(nearest.pixel_distance, 10 * every.gather(1, order))


def test_known_rates():
    """Known neighbours of two queries give known rates and relative distances."""
    near = Nearest(torch.zeros(2, 2), torch.tensor([[0, 1], [2, 0]]), torch.tensor([[1.0, 3.0], [2.0, 2.0]]).double())
    far = Nearest(torch.zeros(2, 2), torch.tensor([[2, 2], [0, 0]]), torch.tensor([[4.0, 4.0], [4.0, 4.0]]).double())
    found = Search(near, far, torch.tensor([4.0, 8.0]).double())

    values = rates(found, torch.tensor([5, 6]), torch.tensor([5, 5, 6]))

    assert values == {
        "feature_same_class_percent": 75.0,
        "feature_distance_percent": pytest.approx(100 * (2 / 4 + 2 / 8) / 2),
        "pixel_same_class_percent": 0.0,
        "pixel_distance_percent": pytest.approx(100 * (4 / 4 + 4 / 8) / 2),
    }


@pytest.fixture(scope="module")
def inspected(tmp_path_factory):
    """Return a net, the result of inspecting it, and the stored arrays."""
    net = InspectedNet(tmp_path_factory.mktemp("net"))
    return net, *net.inspected({"what": "neighbours", "queries": 30, "shown": 4, "seed": 1})


def test_pixel_neighbours_are_those_of_the_whole_training_split(inspected):
    """Pixel neighbours equal those of a search with numpy over the whole training split."""
    net, result, arrays = inspected
    test, training = net.split("test"), net.split("train")
    chosen = seeded_order(test.ids, 1)[:30]
    queries, others = (
        central(split.images(places), CROP).flatten(1).double().numpy()
        for split, places in ((test, chosen), (training, list(range(training.count))))
    )
    apart = np.sqrt(np.square(queries[:, None] - others[None]).sum(2))
    near = np.argsort(apart, axis=1, kind="stable")[:, :6]
    same = training.labels.numpy()[near] == test.labels.numpy()[chosen][:, None]

    assert result["values"]["pixel_same_class_percent"] == pytest.approx(100 * same.mean())
    relative = np.take_along_axis(apart, near, 1).mean(1) / apart.mean(1)
    assert result["values"]["pixel_distance_percent"] == pytest.approx(100 * relative.mean())
    row = next(row for row, place in enumerate(chosen) if test.labels[place] == arrays["labels"][0])
    assert (arrays["pixel_images"][0, 0].ravel() == others[near[row, 0]]).all()


def test_a_net_that_passes_pixels_on_finds_pixel_neighbours(inspected, monkeypatch):
    """If features are pixels, both rates and all pictures agree."""
    net, _, _ = inspected
    monkeypatch.setattr(neighbours, "activations", lambda _, images, layers: {layers[0]: images})

    result, arrays = net.inspected({"what": "neighbours", "queries": 10})

    values = result["values"]
    assert values["feature_same_class_percent"] == values["pixel_same_class_percent"]
    assert (arrays["feature_images"] == arrays["pixel_images"]).all()


def test_shown_queries_have_different_classes(inspected):
    """The queries shown have different classes, and six neighbours of each kind."""
    _, _, arrays = inspected

    assert len(set(arrays["labels"].tolist())) == 4
    assert arrays["images"].shape == (4, 1, CROP, CROP)
    assert arrays["feature_images"].shape == arrays["pixel_images"].shape == (4, 6, 1, CROP, CROP)
    assert arrays["class_names"].tolist() == list("0123456789")


def test_data_of_both_splits_are_recorded(inspected):
    """The result records the data of both splits."""
    _, result, _ = inspected

    assert {record["split"] for record in result["data"]} == {"train", "test"}
    assert all(record["whole"] for record in result["data"])


def test_more_neighbours_than_training_images_is_no_number(tmp_path):
    """With fewer training images than neighbours, all numbers are absent."""
    result, arrays = InspectedNet(tmp_path).inspected({"what": "neighbours", "neighbours": 2000})

    assert result["values"] == arrays == {}
    assert result["outcome"] == "done"
    assert result["absent"]["pixel_same_class_percent"] == "only 1198 training images"
