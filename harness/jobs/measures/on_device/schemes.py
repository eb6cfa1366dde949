"""The gradients of one training step over several processes, by each scheme of `Speedup`."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.distributed as dist

from harness.data.share import Share
from harness.jobs.device import autocast
from harness.jobs.ranks import Ranks
from harness.jobs.training.step import gradients, whole_draws
from harness.models.network import Network


class Halves(NamedTuple):
    """A net cut in two before its first fully connected layer."""

    conv: Network
    """The layers from images to the input of the first fully connected layer."""
    fc: Network
    """The layers from there to the logits."""

    @classmethod
    def cut(cls, network: Network) -> Halves:
        """Cut a net before its first fully connected layer. The parts share its modules."""
        names = list(network.sources)
        dense = (name for name, one in network.traced.items() if one.layer.family == "dense")
        return cls(*network.cut(names[names.index(next(dense)) - 1]))


def data_parallel(
    network: Network, views: torch.Tensor, target: torch.Tensor, precision: str, ranks: Ranks, share: Share | None
) -> torch.Tensor:
    """Compute the batch's gradients in every process and return its mean loss; `views` are the process's share."""
    loss, _ = ranks.summed(network, *gradients(network, views, target, precision, None, share))
    return loss


def conv_data_fc_single(
    halves: Halves, views: torch.Tensor, target: torch.Tensor, precision: str, ranks: Ranks, share: Share
) -> torch.Tensor:
    """Compute the batch's gradients with fully connected layers in the first process only; return the mean loss.

    `views` are the process's share; all shares have the same size. `target` belongs to the whole batch. The first
    process gathers the outputs of all convolutions and sends back the gradient of each share.
    """
    with autocast(views.device, precision), whole_draws(halves.conv, share.whole) as begin:
        begin(share.start)
        given = halves.conv(views)
    back = torch.empty_like(given, memory_format=torch.contiguous_format)
    loss = torch.zeros((), device=views.device)
    if ranks.first:
        parts = [torch.empty_like(back) for _ in range(ranks.count)]
        dist.gather(given.detach().contiguous(), parts)
        seen = torch.cat(parts).requires_grad_()
        loss, _ = gradients(halves.fc, seen, target, precision, None)
        assert seen.grad is not None
        dist.scatter(back, list(seen.grad.chunk(ranks.count)))
    else:
        dist.gather(given.detach().contiguous())
        dist.scatter(back)
    torch.autograd.backward(given, back)
    loss, _ = ranks.summed(halves.conv, loss, torch.zeros_like(loss))
    return loss
