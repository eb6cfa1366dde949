"""One step of training: the gradient of a batch, taken at once or in parts that fit in less memory."""

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
"""Says at which image of the batch the next part starts."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a training: the gradients of a batch, summed over the processes that share it, and the update."""

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
        """Whether a batch is taken by one process, all of it at once."""
        return self.micro_batch is None and self.ranks.count == 1

    def __call__(self, views: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Take it on this process's float views and labels; gives the batch's loss, and how many the net got wrong."""
        self.optimiser.zero_grad()
        share = self.ranks.share(self.batch)
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
    """Add the gradients of the mean loss to the weights'; gives the loss, and how many images the net got wrong.

    In parts of `micro_batch` images the sum of the parts' gradients is that of the batch, but for rounding: every layer
    treats each image by itself, and dropout draws for the whole batch. Raises UsageError for a layer of which that
    cannot be said. So with a `share` of a batch: what comes of all shares sums to what comes of the batch.
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
        logits = network(views).float()
    loss = F.cross_entropy(logits, target, label_smoothing=label_smoothing)
    loss = loss if share == 1 else loss * share
    torch.autograd.backward(loss)
    return loss.detach(), (logits.detach().argmax(1) != target).sum()


def _check_layers(network: Network, flag: str) -> None:
    """A layer that mixes images, or draws in a way we do not know, would train another net in parts than at once."""
    unknown = (torch.nn.modules.batchnorm._BatchNorm, torch.nn.modules.dropout._DropoutNd)  # noqa: SLF001 - torch's only names
    names = network.mixing() + [name for name, module in network.named_modules() if isinstance(module, unknown)]
    if names:
        raise UsageError(cannot_split(flag, names[:1]))


def cannot_split(flag: str, layers: Sequence[str]) -> str:
    """What a user is told who asks to split the batches of a net with such layers."""
    return (
        f"{flag} cannot split a batch for layer {', '.join(layers)}, where what comes of an image depends on the rest "
        "of the batch; run without it"
    )


@contextmanager
def whole_draws(network: torch.nn.Module, images: int) -> Iterator[Begin]:
    """Have every layer that draws do so for a batch of so many images at its first part, for all of its parts."""
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
    """What a reader of a result has to know of a training whose batches were split."""
    if micro_batch is None:
        return []
    return [f"batches of {batch} images in parts of {micro_batch}, gradients summed: other weights by rounding alone"]
