"""Running statistics for a net that has not trained yet, so that a test of its first weights is meaningful."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from harness.models.network import Network, child_name


@contextmanager
def settled(network: Network, *views: torch.Tensor) -> Iterator[None]:
    """Set a net to test mode with the running statistics of `views`, for the `with` block; then restore all buffers.

    Each layer that mixes images normalises the views by their own statistics, as in training, and adopts these whole. A
    net without such layers is only set to test mode.
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
    """Make layers normalise as in training, with running statistics that equal those of the current batch."""
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
