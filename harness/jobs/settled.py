"""Running statistics for a net that has not trained yet, so that a test of its first weights says something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from harness.models.network import Network, child_name


@contextmanager
def settled(network: Network, *views: torch.Tensor) -> Iterator[None]:
    """The net as it is at test time, its running statistics those of these views; all buffers are put back afterwards.

    In one pass each layer that mixes images normalises the views as in training, by their own statistics, and takes
    these over whole. A net without such layers is only set to test.
    """
    kept = {name: buffer.detach().clone() for name, buffer in network.named_buffers()}
    network.eval()
    try:
        layers = [network.get_submodule(child_name(name)) for name in network.mixing()]
        with torch.no_grad(), _taking_over(layers) as any_do:
            for batch in views if any_do else ():
                network(batch)
        yield
    finally:
        for name, buffer in network.named_buffers():
            buffer.copy_(kept[name])


@contextmanager
def _taking_over(layers: list[nn.Module]) -> Iterator[bool]:
    """Have layers normalise as in training, and their running statistics become those of the batch at once."""
    momenta = [(one, one.momentum) for layer in layers for one in layer.modules() if hasattr(one, "momentum")]
    for module, _ in momenta:
        module.momentum = 1.0  # type: ignore[assignment]
        module.train()
    try:
        yield bool(momenta)
    finally:
        for module, momentum in momenta:
            module.momentum = momentum
            module.eval()
