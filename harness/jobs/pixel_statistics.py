"""The mean image and the colour covariance of a training split, which training and testing subtract and draw from."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np

from harness.data.declared import DataSpec
from harness.data.splits import open_split
from harness.data.statistics import pixel_statistics
from harness.jobs.observe import observed
from harness.jobs.work import Work
from harness.store import write_atomically


def measure_pixels(work: Work) -> dict[str, Any]:
    """Measure the split that the spec names, in one pass."""
    started = time.monotonic()
    split = open_split(DataSpec.parsed(work.spec["data"]), work.spec["splits"][0], work.runtime.locations)
    mean, covariance = pixel_statistics(split)
    buffer = io.BytesIO()
    if covariance is None:
        np.savez(buffer, mean=mean.numpy())
    else:
        np.savez(buffer, mean=mean.numpy(), covariance=covariance.numpy())
    write_atomically(work.folder.pixels, buffer.getvalue())
    return {
        "outcome": "done",
        "values": {"mean_pixel": float(mean.double().mean())},
        "data": [observed(split, work.runtime.locations)],
        "marks": [],
        "environment": {},
        "cost": {"seconds": time.monotonic() - started},
    }
