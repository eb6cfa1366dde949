"""How jobs describe images: in batches of one size that memory holds, on a set number of threads of the processor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import sklearn
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from harness.data import DATASETS
from harness.data.splits import Split
from harness.jobs.device import device_environment, set_up
from harness.jobs.features import colour_statistics, dense_sift, hog, hog_lbp, local_binary_patterns
from harness.jobs.features.feature_specs import Feature
from harness.jobs.features.patch_grid import Described
from harness.machine.runtime import Runtime

DESCRIPTORS: dict[str, Callable[..., Described]] = {
    "dense_sift": dense_sift.describe,
    "local_colour_statistics": colour_statistics.describe,
    "hog": hog.describe,
    "lbp": local_binary_patterns.describe,
    "hog_lbp": hog_lbp.describe,
}
"""The function of (images, spec) behind each descriptor, by the `what` of its spec."""

NUMBERS_AT_ONCE = 2**24
"""Numbers that the descriptors and codes of one batch may hold, 64 MiB; the codes of a batch differ with it by rounding
only, and a piece of a job's file is one batch."""


def describing(spec: Feature) -> Callable[[NDArray[np.uint8]], Described]:
    """Return the function that describes images [N, C, H, W] by the descriptor of a feature."""
    describe = DESCRIPTORS[spec.descriptor.what]
    return lambda images: describe(images, spec.descriptor)


def batches_of(split: Split, spec: Feature, places: NDArray[np.integer]) -> list[torch.Tensor]:
    """Divide images of a split into batches of one size each, all that memory allows, in order within each size."""
    sizes, group = np.unique(split.pixels.sizes[places], axis=0, return_inverse=True)
    found: list[torch.Tensor] = []
    for number, (height, width) in enumerate(sizes.tolist()):
        alike = torch.from_numpy(places[group.reshape(-1) == number].astype(np.int64))
        found += torch.split(alike, images_at_once(spec, DATASETS[split.spec.name].channels, height, width))
    return found


def images_at_once(spec: Feature, channels: int, height: int, width: int) -> int:
    """Count the images of a size that one batch holds, at least one."""
    length = spec.descriptor.length(channels)
    of_patch = 2 * length + spec.numbers_of_patch()
    of_pixels = spec.descriptor.numbers_of_pixel() * height * width
    of_image = spec.descriptor.patches(height, width) * of_patch + 2 * spec.numbers() + of_pixels
    return max(1, NUMBERS_AT_ONCE // of_image)


@contextmanager
def on_threads(threads: int) -> Iterator[None]:
    """Compute on so many threads: torch, which decodes; OpenCV; and the matrix products of numpy."""
    cv2.setNumThreads(threads)
    with threadpool_limits(threads):
        yield


def processor_environment(runtime: Runtime) -> dict[str, Any]:
    """Make arithmetic repeat on the processor; return all that decides its rounding, for a result's record."""
    device = set_up(replace(runtime, device="cpu"))
    versions = {"numpy": np.__version__, "opencv": cv2.__version__, "scikit_learn": sklearn.__version__}
    return device_environment(device) | versions
