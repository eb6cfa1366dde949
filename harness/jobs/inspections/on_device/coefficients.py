"""Carries out `Coefficients`: reads the learned slopes of PReLU from a net's tensors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness.jobs.inspections.coefficients import Coefficients
from harness.jobs.inspections.layer_lookup import slope_owners
from harness.jobs.inspections.subject import Found, Subject
from harness.jobs.measures.quantity import flat
from harness.models.network import child_name


def inspect(_spec: Coefficients, subject: Subject) -> Found:
    """Summarise the slopes of every learned PReLU of the net."""
    owners = slope_owners(subject.layers)
    slopes = {owner: subject.weights[f"{child_name(name)}.weight"].double().numpy() for name, owner in owners.items()}
    return summary(slopes)


def summary(slopes: Mapping[str, NDArray[np.float64]]) -> Found:
    """Return means by layer and statistics over all slopes.

    `slopes` maps the layer before each PReLU to its slopes, [channels], or [1] if they are shared.
    """
    everything = np.concatenate(list(slopes.values()))
    means = {owner: float(values.mean()) for owner, values in slopes.items()}
    values = {
        **{f"{flat(owner)}_mean": mean for owner, mean in means.items()},
        "mean_magnitude": float(np.abs(everything).mean()),
        "smallest": float(everything.min()),
        "largest": float(everything.max()),
        "beyond_one_percent": float(100 * (np.abs(everything) > 1).mean()),
        "negative_percent": float(100 * (everything < 0).mean()),
        "negative": float((everything < 0).sum()),
        "count": float(everything.size),
    }
    extremes = {"lowest": np.min, "highest": np.max}
    arrays = {
        "layers": np.array(list(slopes)),
        "means": np.array(list(means.values())),
        **{name: np.array([find(one) for one in slopes.values()]) for name, find in extremes.items()},
    }
    return Found(values, arrays)
