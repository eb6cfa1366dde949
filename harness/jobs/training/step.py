"""One step of training: the gradient of a batch, computed at once or in parts that need less memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from harness.data.share import Share, whole
from harness.errors import UsageError
from harness.jobs.device import autocast
from harness.jobs.ranks import Ranks
from harness.jobs.training.sgd import SGD
from harness.models.modules import Drawing
from harness.models.network import Network

Begin = Callable[[int], None]
"""A function that announces at which image of the batch the next part starts."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a training: gradients of a batch, summed over the processes that share it, and the update."""

    network: Network
    optimiser: SGD
    precision: str
    micro_batch: int | None
    ranks: Ranks
    batch: int
    """Images of all processes together."""
    label_smoothing: float = 0.0

    @property
    def undivided(self) -> bool:
        """Whether one process takes the whole batch at once."""
        return self.micro_batch is None and self.ranks.count == 1

    def __call__(
        self, views: torch.Tensor, target: torch.Tensor, batch: int | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take one step on this process's float views and labels; return the batch's loss and the number of mistakes.

        `batch` counts the images over all processes; give it where a batch may be smaller than the others.
        """
        self.optimiser.zero_grad()
        share = self.ranks.share(batch or self.batch)
        found = gradients(self.network, views, target, self.precision, self.micro_batch, share, self.label_smoothing)
        found = self.ranks.summed(self.network, *found)
        self.optimiser.step()
        return found


def gradients(
    network: Network,
    views: torch.Tensor,
    target: torch.Tensor,
    precision: str,
    micro_batch: int | None,
    share: Share | None = None,
    label_smoothing: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Add the gradients of the mean loss to the weights' gradients; return the loss and the number of mistakes.

    The loss includes those of auxiliary classifiers, each times its weight.

    In parts of `micro_batch` images, the parts' gradients sum to that of the batch up to rounding. This holds because
    every layer treats each image by itself and dropout draws for the whole batch. Likewise, with a `share` of a batch,
    the results of all shares sum to those of the batch. Raises UsageError for a layer without this property.
    """
    share, size = share or whole(len(views)), min(micro_batch or len(views), len(views))
    if size == share.whole:
        return _part(network, views, target, precision, 1.0, label_smoothing)
    _check_layers(network, "--micro-batch" if len(views) == share.whole else "--gpus")
    losses = torch.zeros((), device=views.device)
    wrong = torch.zeros((), dtype=torch.int64, device=views.device)
    with whole_draws(network, share.whole) as begin:
        for start in range(0, len(views), size):
            part = slice(start, start + size)
            begin(share.start + start)
            weight = len(views[part]) / share.whole
            loss, mistaken = _part(network, views[part], target[part], precision, weight, label_smoothing)
            losses, wrong = losses + loss, wrong + mistaken
    return losses, wrong


def _part(
    network: Network,
    views: torch.Tensor,
    target: torch.Tensor,
    precision: str,
    share: float,
    label_smoothing: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    with autocast(views.device, precision):
        found, asides = network.with_asides(views)
    logits = found.float()
    loss = F.cross_entropy(logits, target, label_smoothing=label_smoothing)
    for weight, aside in asides:
        loss = loss + weight * F.cross_entropy(aside.float(), target, label_smoothing=label_smoothing)
    loss = loss if share == 1 else loss * share
    torch.autograd.backward(loss)
    return loss.detach(), (logits.detach().argmax(1) != target).sum()


def _check_layers(network: Network, flag: str) -> None:
    """Raise UsageError for layers that mix images, or that draw in an unknown way: their parts would not sum up."""
    unknown = (torch.nn.modules.batchnorm._BatchNorm, torch.nn.modules.dropout._DropoutNd)  # noqa: SLF001 - torch's only names
    names = network.mixing() + [name for name, module in network.named_modules() if isinstance(module, unknown)]
    if names:
        raise UsageError(cannot_split(flag, names[:1]))


def cannot_split(flag: str, layers: Sequence[str]) -> str:
    """Return the message for users who ask to split the batches of a net with such layers."""
    return (
        f"{flag} cannot split a batch for layer {', '.join(layers)}, where what comes of an image depends on the rest "
        "of the batch; run without it"
    )


@contextmanager
def whole_draws(network: torch.nn.Module, images: int) -> Iterator[Begin]:
    """Make every layer that draws random numbers draw them for all `images` images at once, for the `with` block.

    The first part of a batch draws; the others use the same draws.
    """
    layers = [module for module in network.modules() if isinstance(module, Drawing)]

    def begin(start: int) -> None:
        for layer in layers:
            layer.part = (start, images)

    try:
        yield begin
    finally:
        for layer in layers:
            layer.part = layer.kept = None


def in_parts(batch: int, micro_batch: int | None) -> list[str]:
    """Return the notes for a result whose batches were split; empty if they were not."""
    if micro_batch is None:
        return []
    return [f"batches of {batch} images in parts of {micro_batch}, gradients summed: other weights by rounding alone"]
