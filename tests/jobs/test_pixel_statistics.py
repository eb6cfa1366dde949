"""Tests of `pixels` jobs: the mean image and colour covariance of a training split."""

import os
import signal

import numpy as np
import pytest
import torch
from image_folders import make_image_folders
from tiny_suites import tiny_world

from harness.data.locate import Locations
from harness.data.spec import DataSpec
from harness.data.splits import open_split
from harness.errors import Interrupted
from harness.jobs import pixel_statistics as measuring
from harness.jobs.pixel_statistics import measure_pixels
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder


def measured(folder, data, locations=Locations(), stop=None):  # noqa: B008 - frozen
    """Run one `pixels` job; return (result, arrays)."""
    spec = {"what": "pixel_statistics", "data": data, "splits": ["train"]}
    runtime = Runtime(locations=locations, device="cpu", threads=1)
    result = measure_pixels(Work(spec, JobFolder(folder), {}, runtime, Progress(), stop or StopSignal()))
    with np.load(JobFolder(folder).pixels) as arrays:
        return result, {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="module")
def colour(tmp_path_factory):
    """Return a miniature ILSVRC-2010 and its preparation."""
    root = tmp_path_factory.mktemp("colour")
    make_image_folders(root / "ilsvrc2010", train=4, val=1, test=1)
    return Locations.gather(root), {"name": "ilsvrc2010", "prepare": {"short_side": 24, "center": 24}}


def test_the_mean_image_is_that_of_the_training_split(tmp_path):
    """The mean image is that of the prepared training images only."""
    data = {"name": "digits", "prepare": {"short_side": 32}}
    _, arrays = measured(tmp_path, data)
    train, val = (open_split(DataSpec.parsed(data), name, Locations()) for name in ("train", "val"))
    mean = train.in_memory.double().mean(0).float()
    torch.testing.assert_close(torch.from_numpy(arrays["mean"]), mean, rtol=0, atol=0)
    assert not torch.equal(val.in_memory.double().mean(0).float(), mean)


def test_grey_images_have_no_covariance(tmp_path):
    """Grey images have no covariance."""
    _, arrays = measured(tmp_path, {"name": "digits"})
    assert list(arrays) == ["mean"]


def test_colour_images_have_numpys_covariance(tmp_path, colour):
    """The covariance equals numpy's over all pixels of the training split, grey and CMYK files included."""
    locations, data = colour
    _, arrays = measured(tmp_path, data, locations)
    split = open_split(DataSpec.parsed(data), "train", locations)
    pixels = split.images(range(split.count)).permute(1, 0, 2, 3).flatten(1).double()
    np.testing.assert_allclose(arrays["covariance"], np.cov(pixels.numpy(), bias=True), rtol=1e-10)


def test_two_runs_leave_the_same_bytes(tmp_path, colour):
    """Two runs store the same bytes."""
    locations, data = colour
    for name in ("one", "two"):
        measured(tmp_path / name, data, locations)
    assert (tmp_path / "one" / "pixels.npz").read_bytes() == (tmp_path / "two" / "pixels.npz").read_bytes()


def test_the_result_says_what_was_seen(tmp_path):
    """The result records the count and digest of the training ids, and whether the set is official."""
    result, arrays = measured(tmp_path, {"name": "digits"})
    (seen,) = result["data"]
    assert (seen["split"], seen["count"], seen["whole"], seen["official"]) == ("train", 1198, True, True)
    assert result["values"]["mean_pixel"] == pytest.approx(float(arrays["mean"].astype(float).mean()))


def test_a_signal_stops_the_pass_between_two_batches(tmp_path, monkeypatch):
    """A signal stops the pass between two batches and leaves no result."""
    whole = measuring.prefetch

    def signalled(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return whole(*arguments, **options)

    monkeypatch.setattr(measuring, "prefetch", signalled)
    with StopSignal().listening() as stop, pytest.raises(Interrupted):
        measured(tmp_path, {"name": "digits"}, stop=stop)
    assert not JobFolder(tmp_path).pixels.exists()


def test_experiments_on_the_same_data_share_one_measurement(tmp_path):
    """Experiments on the same data share one measurement, whatever their seeds."""
    world = tiny_world(tmp_path, seeds=3)
    assert [job.kind for job in world.plan.jobs.values()].count("pixels") == 1
