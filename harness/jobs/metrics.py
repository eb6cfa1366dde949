"""Error rates and cross-entropy of predictions, counted in whole samples so that batches of any size add up alike."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def correct_rank(scores: Tensor, labels: Tensor) -> Tensor:
    """How many other classes are scored at least as high as the correct one: int64 [N] from [N, C] and labels [N].

    A tie counts against the correct class, so that a net that tells no classes apart earns nothing by their order; so
    does a score that is not a number. Scores may be probabilities or logits; probabilities tie where they underflow.
    """
    own = scores.gather(1, labels[:, None])
    return (~(scores < own)).sum(dim=1) - 1


def topk_errors(probabilities: Tensor, labels: Tensor, k: int) -> Tensor:
    """Whether each sample is an error, bool [N]: the label is not among the k most probable of the C classes [N, C].

    Raises ValueError for a k outside 1 to C.
    """
    if not 1 <= k <= probabilities.shape[1]:
        raise ValueError(f"top-{k} error needs k between 1 and the {probabilities.shape[1]} classes")
    return correct_rank(probabilities, labels) >= k


def negative_log_probability(probabilities: Tensor, labels: Tensor) -> Tensor:
    """-log of the probability given to each label, float64 [N], in nats.

    AlexNet's objective maximises the mean log-probability (section 3.5). A probability that underflowed counts as the
    smallest normal number of its type, so that one sample cannot make the mean infinite; NaN stays NaN.
    """
    own = probabilities.gather(1, labels[:, None]).squeeze(1)
    return -own.clamp_min(torch.finfo(own.dtype).tiny).double().log()


def error_percent(wrong: int, samples: int) -> float:
    """100 wrong / samples; raises ValueError for no samples or more errors than samples."""
    if not 0 <= wrong <= samples or samples == 0:
        raise ValueError(f"{wrong} errors in {samples} samples is no error rate")
    return 100 * wrong / samples


@dataclass(frozen=True, slots=True)
class Tally:
    """What a part of a split adds to its metrics; the parts are summed with +."""

    samples: int = 0
    top1_wrong: int = 0
    top5_wrong: int = 0
    log_loss: float = 0.0
    """Sum of -log probability over the samples, in nats."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.samples + other.samples,
            self.top1_wrong + other.top1_wrong,
            self.top5_wrong + other.top5_wrong,
            self.log_loss + other.log_loss,
        )

    def metrics(self) -> dict[str, float]:
        """Every metric of `METRICS`, by name; raises ValueError for no samples."""
        return {
            "top1_error": error_percent(self.top1_wrong, self.samples),
            "top5_error": error_percent(self.top5_wrong, self.samples),
            "cross_entropy": self.log_loss / self.samples,
        }


def tally(probabilities: Tensor, labels: Tensor) -> Tally:
    """Count a batch of probabilities [N, C], C >= 5, against labels [N]."""
    top1, top5 = (topk_errors(probabilities, labels, k) for k in (1, 5))
    log_loss = negative_log_probability(probabilities, labels).sum()
    return Tally(len(labels), int(top1.sum()), int(top5.sum()), float(log_loss))
