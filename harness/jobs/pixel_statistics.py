"""The `pixels` job: measures the mean image and the colour covariance of a training split.

Trainings and tests subtract the mean image. Trainings draw colour noise from the covariance.
"""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import torch

from harness.data.splits import prefetch
from harness.data.statistics import batches_of, pixel_statistics
from harness.jobs.device import set_up
from harness.jobs.observe import observed, opened_split
from harness.jobs.work import Work
from harness.store.store import write_atomically


def measure_pixels(work: Work) -> dict[str, Any]:
    """Measure the split that the spec names, in one pass over its images."""
    started = time.monotonic()
    set_up(work.runtime)
    with opened_split(work, work.spec["splits"][0]) as split:
        batches = batches_of(split)
        passing = work.watched(prefetch(split, batches, depth=1), len(batches), split.count)
        mean, covariance = pixel_statistics(split, (images for _, images in passing))
        keep(work, mean, covariance)
        return {
            "outcome": "done",
            "values": {"mean_pixel": float(mean.double().mean())},
            "data": [observed(split, work.runtime.locations)],
            "marks": [],
            "environment": {},
            "cost": {"seconds": time.monotonic() - started},
        }


def keep(work: Work, mean: torch.Tensor, covariance: torch.Tensor | None) -> None:
    """Store the mean image and, for colour images, the covariance."""
    arrays: dict[str, Any] = {"mean": mean.numpy()}
    if covariance is not None:
        arrays["covariance"] = covariance.numpy()
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(work.folder.pixels, buffer.getbuffer())
