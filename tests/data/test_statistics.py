"""Tests of the mean image and the covariance of colours."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.data import statistics
from harness.data.locate import Locations
from harness.data.spec import DataSpec, Prepare
from harness.data.splits import InMemory, Split, open_split
from harness.data.statistics import pixel_statistics


def split_of(images: torch.Tensor) -> Split:
    """Return a split of these images."""
    count, *shape = images.shape
    ids = [f"made/train/{number}" for number in range(count)]
    labels = torch.zeros(count, dtype=torch.int64)
    return Split(DataSpec(name="made"), "train", ids, labels, ("made",), tuple(shape), InMemory(images))


def noise(count: int, channels: int, seed: int = 0) -> torch.Tensor:
    """Return random images with correlated colours."""
    generator = torch.Generator().manual_seed(seed)
    shared = torch.randint(0, 128, (count, 1, 5, 7), generator=generator)
    return (shared + torch.randint(0, 128, (count, channels, 5, 7), generator=generator)).to(torch.uint8)


def test_mean_image_is_the_mean_over_images() -> None:
    """The mean image is the mean over images at each position of each channel."""
    images = noise(23, 3)
    mean, _ = pixel_statistics(split_of(images))
    assert mean.dtype == torch.float32
    torch.testing.assert_close(mean, images.double().mean(0).float(), rtol=0, atol=0)


def test_covariance_is_numpys_over_all_pixels() -> None:
    """The covariance equals numpy's over all pixels, as a population."""
    images = noise(23, 3)
    _, covariance = pixel_statistics(split_of(images))
    colours = images.permute(1, 0, 2, 3).reshape(3, -1).double().numpy()
    assert covariance is not None
    np.testing.assert_allclose(covariance.numpy(), np.cov(colours, bias=True), rtol=1e-12)


def test_covariance_survives_a_large_mean() -> None:
    """The covariance of bright images whose colours vary by one level is exact."""
    images = torch.full((64, 3, 8, 8), 254, dtype=torch.uint8)
    images[::2, 0] += 1
    _, covariance = pixel_statistics(split_of(images))
    assert covariance is not None
    assert covariance.tolist() == [[0.25, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_grey_images_have_no_colours() -> None:
    """Grey images have no covariance."""
    assert pixel_statistics(split_of(noise(5, 1))).colour_covariance is None


@pytest.mark.parametrize("batch_pixels", [1, 35 * 4, 35 * 23])
def test_batches_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch, batch_pixels: int) -> None:
    """Batches do not change a bit."""
    split = split_of(noise(23, 3))
    before = pixel_statistics(split)
    monkeypatch.setattr(statistics, "BATCH_PIXELS", batch_pixels)
    assert all(torch.equal(one, other) for one, other in zip(before, pixel_statistics(split), strict=True))


def test_sums_do_not_overflow() -> None:
    """Sums of the size of ImageNet do not overflow, because integers and fractions are exact."""
    pixels = 1_261_406 * 256 * 256
    sums = torch.full((3,), 128 * pixels, dtype=torch.int64)
    products = torch.full((3, 3), 128 * 128 * pixels, dtype=torch.int64) + 3 * pixels * torch.eye(3, dtype=torch.int64)
    assert torch.equal(statistics._covariance(sums, products, pixels), 3 * torch.eye(3, dtype=torch.float64))


def test_digits_mean_is_that_of_the_prepared_images() -> None:
    """The mean is taken after preparation: padding has a mean of zero."""
    split = open_split(DataSpec(name="digits", prepare=Prepare(pad=2)), "train", Locations())
    mean, _ = pixel_statistics(split)
    assert mean.shape == (1, 12, 12)
    assert mean[:, 0].abs().sum() == 0
    assert mean.sum() > 0
