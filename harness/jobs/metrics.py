"""Error rates and cross-entropy of predictions, counted in whole samples so that batches of any size add up exactly."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def correct_rank(scores: Tensor, labels: Tensor) -> Tensor:
    """Return how many other classes score at least as high as the correct one, int64 [N].

    `scores` is [N, C], probabilities or logits; `labels` is [N]. A tie counts against the correct class, so a net that
    cannot tell classes apart gains nothing from their order. A score that is NaN counts against it too. Prefer logits
    where probabilities may underflow and tie.

    >>> correct_rank(torch.tensor([[0.1, 0.7, 0.2], [0.4, 0.4, 0.2]]), torch.tensor([2, 0]))
    tensor([1, 1])
    """
    own = scores.gather(1, labels[:, None])
    return (~(scores < own)).sum(dim=1) - 1


def topk_errors(probabilities: Tensor, labels: Tensor, k: int) -> Tensor:
    """Return whether each sample is a top-k error, bool [N]: its label is not among the k most probable classes.

    `probabilities` is [N, C]; `labels` is [N]. Raises ValueError unless 1 <= k <= C.

    >>> topk_errors(torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]), torch.tensor([2, 0]), k=1)
    tensor([ True, False])
    """
    if not 1 <= k <= probabilities.shape[1]:
        raise ValueError(f"top-{k} error needs k between 1 and the {probabilities.shape[1]} classes")
    return correct_rank(probabilities, labels) >= k


def negative_log_probability(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return -log of the probability given to each label, float64 [N], in nats.

    AlexNet's objective maximises the mean log-probability (section 3.5). A probability that underflowed counts as the
    smallest normal number of its type, so that a single sample cannot make the mean infinite. NaN stays NaN.
    """
    own = probabilities.gather(1, labels[:, None]).squeeze(1)
    return -own.clamp_min(torch.finfo(own.dtype).tiny).double().log()


def error_percent(wrong: int, samples: int) -> float:
    """Return 100 * wrong / samples. Raises ValueError if there are no samples, or more errors than samples.

    >>> error_percent(3, 8)
    37.5
    """
    if not 0 <= wrong <= samples or samples == 0:
        raise ValueError(f"{wrong} errors in {samples} samples is no error rate")
    return 100 * wrong / samples


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of errors over a part of a split. Add the tallies of all parts with `+`."""

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
        """Return every metric of `METRICS` by name. Raises ValueError if there are no samples."""
        return {
            "top1_error": error_percent(self.top1_wrong, self.samples),
            "top5_error": error_percent(self.top5_wrong, self.samples),
            "cross_entropy": self.log_loss / self.samples,
        }


def tally(probabilities: Tensor, labels: Tensor) -> Tally:
    """Count the errors of a batch: probabilities [N, C] with C >= 5, labels [N]."""
    top1, top5 = (topk_errors(probabilities, labels, k) for k in (1, 5))
    log_loss = negative_log_probability(probabilities, labels).sum()
    return Tally(len(labels), int(top1.sum()), int(top5.sum()), float(log_loss))
