"""Delivers the images of an epoch's batches to the training loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch

from harness.data.images import LooseImages
from harness.data.jitter import jittered
from harness.data.splits import Split, prefetch, prefetch_loose
from harness.jobs.ranks import Ranks
from harness.jobs.recipe import Recipe


def arriving(
    training: Split,
    batches: Sequence[torch.Tensor],
    jitter: Iterable[torch.Generator],
    recipe: Recipe,
    ranks: Ranks,
    device: torch.device,
) -> Iterator[tuple[torch.Tensor, torch.Tensor | LooseImages]]:
    """Yield each batch of indices with this process's images of it.

    The images are prepared ones, loose if they come from disk to a CPU, or, with jitter, views drawn by the generator
    of the batch's step.
    """
    found: Iterable[tuple[torch.Tensor, torch.Tensor | LooseImages]]
    if recipe.augmentation.jitter is None:
        fetch = prefetch_loose if device.type == "cpu" else prefetch
        found = fetch(training, map(ranks.part, batches))
    else:
        share = ranks.share(recipe.batch)
        found = jittered(training, batches, jitter, recipe.augmentation, recipe.crop, device, share)
    return ((batch, images) for batch, (_, images) in zip(batches, found, strict=True))
