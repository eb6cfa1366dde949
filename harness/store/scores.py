"""Recomputed scores of stored predictions, which expose a value that somebody edited in a result.

Written in numpy so that a store can be verified without torch. The definitions are those of `harness.jobs.metrics`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LOG_LOSS = 1e-6
"""Relative tolerance of a cross-entropy: the logarithms and sums of two libraries differ by less."""
BLOCK = 4096
"""Images compared at a time."""


def contradictions(predictions: Path, values: Mapping[str, float]) -> Iterator[str]:
    """Yield a sentence for every value of a result that differs from the one recomputed from its predictions.

    Raises OSError, ValueError or KeyError for a file that holds no predictions of a test.
    """
    for name, again in scores(predictions).items():
        said = values.get(name)
        if said is not None and not math.isclose(said, again, rel_tol=LOG_LOSS, abs_tol=1e-9):
            yield f"says {name} {said:g}, and the predictions beside it {again:g}"


def scores(predictions: Path) -> dict[str, float]:
    """Recompute top-1 and top-5 error (percent) and cross-entropy (nats); empty where labels are unpublished."""
    with np.load(predictions, allow_pickle=False) as stored:
        probabilities, labels = stored["probabilities"], stored["labels"]
    if len(labels) == 0 or (labels < 0).any():
        return {}
    blocks = [slice(start, start + BLOCK) for start in range(0, len(labels), BLOCK)]
    ranks = np.concatenate([_ranks(probabilities[block], labels[block]) for block in blocks])
    own = np.maximum(_own(probabilities, labels), np.finfo(probabilities.dtype).tiny).astype(np.float64)
    wrong = {"top1_error": 100 * int((ranks >= 1).sum()), "top5_error": 100 * int((ranks >= 5).sum())}
    return {
        **{name: count / len(labels) for name, count in wrong.items()},
        "cross_entropy": float(-np.log(own).mean()),
    }


def _own(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the probability [N] of each image's own label."""
    own: NDArray[np.float32] = np.take_along_axis(probabilities, labels[:, None], 1)[:, 0]
    return own


def _ranks(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count for each image the other classes that score at least as high as its label; NaN counts as higher."""
    own = _own(probabilities, labels)[:, None]
    ranks: NDArray[np.int64] = (~(probabilities < own)).sum(axis=1) - 1
    return ranks
