"""Computes the mean image of a split and the covariance of its colours in one pass over the images."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import torch

from harness.data.splits import Split, prefetch

BATCH_PIXELS = 2**21
"""Pixels in a batch, which limits memory; the results do not depend on it."""


class PixelStatistics(NamedTuple):
    """Statistics of training images that trainings use."""

    mean: torch.Tensor
    """Mean image, float32 [channels, height, width] (section 2)."""
    colour_covariance: torch.Tensor | None
    """Covariance of the RGB values of all pixels, float64 [3, 3] (section 4.1); None for grey images."""


def pixel_statistics(split: Split, images: Iterable[torch.Tensor] | None = None) -> PixelStatistics:
    """Compute the statistics of prepared images; every sum is exact, so batches and threads do not change a bit.

    `images` is one pass over all images in any batches, for a caller that reports progress.
    """
    assert split.shape is not None  # images of varying size have no mean image
    channels, height, width = split.shape
    total = torch.zeros(split.shape, dtype=torch.int64)
    products = torch.zeros(channels, channels, dtype=torch.int64)
    for batch in images or (found for _, found in prefetch(split, batches_of(split), depth=1)):
        for image in batch:  # a sum of the batch would first hold all of it in int64
            total += image
            if channels == 3:
                products += _products(image)
    mean = (total.double() / split.count).float()
    covariance = _covariance(total.sum((1, 2)), products, split.count * height * width) if channels == 3 else None
    return PixelStatistics(mean, covariance)


def batches_of(split: Split) -> tuple[torch.Tensor, ...]:
    """Return the indices of one pass, in batches that limit memory."""
    assert split.shape is not None
    _, height, width = split.shape
    return torch.split(torch.arange(split.count), max(1, BATCH_PIXELS // (height * width)))


def _products(image: torch.Tensor) -> torch.Tensor:
    """Return the sums over an image's pixels of the products of two colours, int64 [3, 3]."""
    # Integers below 2^53 are exact in float64, which BLAS multiplies, unlike int64.
    colours = image.flatten(1).double()
    return (colours @ colours.T).long()


def _covariance(sums: torch.Tensor, products: torch.Tensor, pixels: int) -> torch.Tensor:
    """Return E[xy] - E[x] E[y], computed in fractions because the two terms are large and nearly equal."""
    means = [Fraction(value, pixels) for value in sums.tolist()]
    rows = [
        [float(Fraction(product, pixels) - means[i] * means[j]) for j, product in enumerate(row)]
        for i, row in enumerate(products.tolist())
    ]
    return torch.tensor(rows, dtype=torch.float64)
