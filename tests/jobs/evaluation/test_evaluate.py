"""Tests of evaluation: every image of a split is seen through a protocol's views."""

import os
import signal

import numpy as np
import pytest
import torch
from finished_worlds import SHORT
from tiny_suites import CROP, tiny_world

from harness.data.locate import Locations
from harness.data.spec import DataSpec
from harness.data.splits import open_split
from harness.errors import Interrupted
from harness.jobs.evaluation import evaluate as evaluation
from harness.jobs.evaluation.evaluate import trained_network
from harness.jobs.metrics import tally
from harness.vocabulary import guessing

CPU = torch.device("cpu")
PART = SHORT["subset"]


@pytest.fixture(scope="module")
def done(finished):
    """Run a tiny suite to its end."""
    return finished(**SHORT)


@pytest.fixture
def trained(done, tmp_path):
    """Run the same suite up to its test: the net is trained and not yet tested."""
    world = done.copied(tmp_path)
    for path in world.folder("evaluate").path.iterdir():
        path.unlink()
    return world


def predictions(world):
    """Read the stored predictions: probabilities, labels, ids."""
    with np.load(world.folder("evaluate").predictions) as arrays:
        return {name: arrays[name] for name in arrays.files}


def split_of(world):
    """Open the tested split."""
    return open_split(DataSpec.parsed(world.folder("evaluate").read_job()["spec"]["data"]), "test", Locations())


def test_ten_crops_are_those_of_a_slow_reference_image_by_image(done):
    """Ten-crop outputs equal a slow reference: torchvision's ten views, mean subtracted, averaged in float64."""
    from torchvision.transforms.functional import ten_crop

    split = split_of(done)
    mean = torch.from_numpy(np.load(done.folder("pixels").pixels)["mean"])
    network = trained_network(done.folder("train"), done.folder("train").read_job()["spec"], CPU).eval()
    with torch.no_grad():
        reference = torch.stack(
            [
                network(torch.stack(ten_crop(split.images([index])[0] - mean, CROP))).double().softmax(1).mean(0)
                for index in range(split.count)
            ]
        )
    torch.testing.assert_close(torch.from_numpy(predictions(done)["probabilities"]).double(), reference)


def test_stored_predictions_give_the_reported_errors(done):
    """The reported errors equal those recomputed from stored predictions with numpy by sorting."""
    stored, values = predictions(done), done.result("evaluate")["values"]
    order = np.argsort(-stored["probabilities"], axis=1)
    hits = order == stored["labels"][:, None]
    assert values["top1_error"] == 100 * (~hits[:, :1].any(1)).sum() / 400
    assert values["top5_error"] == 100 * (~hits[:, :5].any(1)).sum() / 400
    own = stored["probabilities"][np.arange(400), stored["labels"]].astype(float)
    assert values["cross_entropy"] == pytest.approx(-np.log(own).mean(), rel=1e-12)


def test_predictions_stand_in_the_order_of_the_split(done):
    """Predictions are in the order of the split, with ids and labels, every image once."""
    stored, split = predictions(done), split_of(done)
    assert stored["ids"].tolist() == split.ids
    assert stored["labels"].tolist() == split.labels.tolist()
    assert len(set(stored["ids"])) == 400


def test_probabilities_add_up_to_one(done):
    """Averages of softmax outputs add up to one."""
    np.testing.assert_allclose(predictions(done)["probabilities"].sum(1), 1, rtol=1e-5)


def test_count_and_digest_of_ids_are_those_of_the_split(done):
    """The result records the count and the digest of ids of the whole split."""
    (seen,), split = done.result("evaluate")["data"], split_of(done)
    assert (seen["split"], seen["count"], seen["ids_sha256"]) == ("test", 400, split.ids_sha256)


def test_predictions_repeat_byte_for_byte(done, trained):
    """Two runs store the same bytes: the file holds no time."""
    trained.run()
    mine, other = (world.folder("evaluate").predictions.read_bytes() for world in (done, trained))
    assert mine == other


def test_the_batch_of_views_changes_nothing_beyond_rounding(done, trained, monkeypatch):
    """The number of views in a batch changes results by rounding only."""
    monkeypatch.setattr(evaluation, "VIEWS_A_BATCH", 70)
    trained.run()
    mine, other = (predictions(world)["probabilities"] for world in (done, trained))
    np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-7)


def test_dropout_is_off(done):
    """Dropout is off in tests: the net gives the same output twice."""
    network = trained_network(done.folder("train"), done.folder("train").read_job()["spec"], CPU)
    views = torch.randn(2, 1, CROP, CROP)
    assert not torch.equal(network.train()(views), network.train()(views))
    assert torch.equal(network.eval()(views), network.eval()(views))


def test_a_net_that_diverged_is_given_guessing(tmp_path):
    """A net that diverged gets the metrics of guessing and stores no predictions."""
    world = tiny_world(tmp_path, subset=PART, rate=1e6)
    assert world.run().failed == {}
    assert world.result("train")["outcome"] == world.result("evaluate")["outcome"] == "diverged"
    assert world.result("evaluate")["values"] == guessing(10)
    assert not world.folder("evaluate").predictions.exists()


@pytest.mark.parametrize("classes", [5, 10, 1000])
def test_chance_is_what_uniform_guessing_expects(classes):
    """The metrics of guessing are those of uniform probabilities with ties broken at random."""
    found = guessing(classes)
    assert found["top1_error"] == pytest.approx(100 * (classes - 1) / classes)
    assert found["top5_error"] == pytest.approx(100 * (classes - 5) / classes)
    uniform = tally(torch.full((3, classes), 1 / classes, dtype=torch.float64), torch.arange(3)).metrics()
    assert found["cross_entropy"] == pytest.approx(uniform["cross_entropy"])


def test_outputs_that_are_no_numbers_count_as_divergence(trained, monkeypatch):
    """A net with finite weights but infinite outputs on test images counts as diverged."""
    whole = evaluation.probabilities
    monkeypatch.setattr(evaluation, "probabilities", lambda *arguments: whole(*arguments) * float("nan"))
    assert trained.run().failed == {}
    assert trained.result("evaluate")["outcome"] == "diverged"
    assert trained.result("evaluate")["values"] == guessing(10)


def test_a_stopped_test_leaves_nothing_half_done(trained, done, monkeypatch):
    """A test stopped halfway leaves no result and gives the same result when run again."""
    whole = evaluation.fixed_views

    def signalled(*arguments):
        monkeypatch.setattr(evaluation, "fixed_views", whole)
        os.kill(os.getpid(), signal.SIGTERM)
        return whole(*arguments)

    monkeypatch.setattr(evaluation, "fixed_views", signalled)
    with pytest.raises(Interrupted):
        trained.run()
    assert not trained.folder("evaluate").predictions.exists()
    trained.run()
    assert trained.result("evaluate")["values"] == done.result("evaluate")["values"]


@pytest.mark.parametrize(("kind", "name"), [("train", "weights.pt"), ("pixels", "pixels.npz")])
def test_a_damaged_input_is_named_and_never_used(trained, kind, name):
    """A flipped bit in the weights is reported by file name, and the weights are not used."""
    path = trained.folder(kind).path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (reason,) = trained.run().failed.values()
    assert f"{path} is missing or damaged" in reason
    assert "move" in reason
