"""Carries out `Kernels`: measures how colourful and how oriented the kernels of a convolution are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.jobs.inspections.kernels import Kernels
from harness.jobs.inspections.subject import Found, Subject
from harness.models.network import child_name

Array = NDArray[np.float64]

BANDS = 8
"""Number of bands of orientation, each 180 / 8 degrees wide; the first is centred on horizontal frequencies."""
POINTS = 32
"""Least number of points along each axis of the spectrum; kernels are padded with zeros to it."""
SHUFFLES = 1000
"""Number of random assignments of kernels to groups."""


def inspect(spec: Kernels, subject: Subject) -> Found:
    """Measure the kernels of the spec's layer."""
    kernels = subject.weights[f"{child_name(spec.layer)}.weight"].double().numpy()
    groups = spec.group_count(subject.layers)
    values: dict[str, float] = {}
    absent: dict[str, str] = {}
    if kernels.shape[1] == 3:
        values |= colour_of_groups(colourfulness(kernels), groups, np.random.default_rng(subject.seed))
    else:
        names = [name for name in spec.quantities(subject.layers, subject.classes) if "orientation" not in name]
        absent |= dict.fromkeys(names, "the images are grey, so no kernel can be colourful")
    if kernels.shape[-1] >= 3:
        noise = np.random.default_rng(subject.seed).standard_normal(kernels.shape)
        values["orientation_selectivity"] = float(orientation_selectivity(kernels).mean())
        values["random_orientation_selectivity"] = float(orientation_selectivity(noise).mean())
    else:
        names = ["orientation_selectivity", "random_orientation_selectivity"]
        absent |= dict.fromkeys(names, f"kernels of {kernels.shape[-1]} x {kernels.shape[-1]} have no orientation")
    return Found(values, {"kernels": kernels.astype(np.float32), "groups": np.array(groups)}, absent)


def colourfulness(kernels: Array) -> Array:
    """Return the colourfulness [n] of kernels [n, 3, k, k], as defined in `Kernels`; 0 for a kernel of zeros."""
    energy = np.square(kernels).sum((1, 2, 3))
    grey = 3 * np.square(kernels.mean(1)).sum((1, 2))
    share = np.divide(grey, energy, out=np.ones_like(energy), where=energy > 0)
    found: Array = np.clip(1 - share, 0.0, 1.0)
    return found


def colour_of_groups(colourful: Array, groups: int, random: np.random.Generator) -> dict[str, float]:
    """Return the mean colourfulness over all kernels and by group, and the groups' difference, learned and shuffled."""
    found = {"colourfulness": float(colourful.mean())}
    if groups == 1:
        return found
    means = colourful.reshape(groups, -1).mean(1)
    shuffled = random.permuted(np.tile(colourful, (SHUFFLES, 1)), axis=1).reshape(SHUFFLES, groups, -1).mean(2)
    return {
        **found,
        **{f"group{number}_colourfulness": float(mean) for number, mean in enumerate(means, start=1)},
        "colourfulness_difference": float(np.ptp(means)),
        "shuffled_difference": float(np.ptp(shuffled, axis=1).mean()),
    }


def orientation_selectivity(kernels: Array) -> Array:
    """Return the orientation selectivity [n] of kernels [n, c, k, k], as defined in `Kernels`.

    It is 1/8 for a constant kernel.
    """
    points = max(POINTS, 2 * kernels.shape[-1])
    patterns = kernels - kernels.mean((2, 3), keepdims=True)
    power = np.square(np.abs(np.fft.fft2(patterns, s=(points, points)))).sum(1)
    bands = _bands(points)
    energy = np.stack([power[:, bands == band].sum(1) for band in range(BANDS)], 1)
    whole = energy.sum(1)
    share: Array = np.divide(energy.max(1), whole, out=np.full_like(whole, 1 / BANDS), where=whole > 0)
    return share


def _bands(points: int) -> NDArray[np.int64]:
    """Return the band of each point of a spectrum, [points, points]; -1 at the constant part and outside the circle."""
    rows, columns = np.meshgrid(np.fft.fftfreq(points), np.fft.fftfreq(points), indexing="ij")
    angle = np.arctan2(rows, columns)
    band: NDArray[np.int64] = np.round(angle / (np.pi / BANDS)).astype(np.int64) % BANDS
    radius = np.hypot(rows, columns)
    band[(radius == 0) | (radius > 0.5)] = -1
    return band
