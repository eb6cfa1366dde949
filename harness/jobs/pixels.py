"""Reads the mean image and colour covariance that a `pixels` job stored, as tensors on a device."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np
import torch

from harness.data.spec import Augmentation
from harness.data.views import central
from harness.errors import UsageError
from harness.store.store import JobFolder


@dataclass(frozen=True, slots=True)
class Pixels:
    """Pixel statistics of the prepared training images.

    `mean` is [C, H, W]. `covariance` is that of RGB values, [3, 3], or None for grey images.
    """

    mean: torch.Tensor
    covariance: torch.Tensor | None

    def subtracted(self, augmentation: Augmentation, crop: int) -> torch.Tensor:
        """Return the mean image that training views subtract: the whole image, or its central part of `crop` pixels."""
        return self.mean if augmentation.mean == "same_offset" else central(self.mean, crop)


def load_pixels(folder: JobFolder, device: torch.device) -> Pixels:
    """Read the statistics from a job's folder. Raises UsageError with the file's name if they cannot be read."""
    try:
        with np.load(io.BytesIO(folder.pixels.read_bytes()), allow_pickle=False) as arrays:
            tensors = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        return Pixels(tensors["mean"].to(device), tensors.get("covariance"))
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise UsageError(
            f"{folder.pixels} cannot be read ({error}); move {folder.path} away to measure again"
        ) from None
