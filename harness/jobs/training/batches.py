"""Delivers the images of an epoch's batches to the training loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch

from harness.data.jitter import jittered
from harness.data.splits import Split, prefetch
from harness.jobs.ranks import Ranks
from harness.jobs.recipe import Recipe


def arriving(
    training: Split,
    batches: Sequence[torch.Tensor],
    jitter: Iterable[torch.Generator],
    recipe: Recipe,
    ranks: Ranks,
    device: torch.device,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield each batch of indices with this process's images of it.

    The images are prepared ones or, with jitter, views drawn by the generator of the batch's step.
    """
    if recipe.augmentation.jitter is None:
        found = prefetch(training, map(ranks.part, batches))
    else:
        share = ranks.share(recipe.batch)
        found = jittered(training, batches, jitter, recipe.augmentation, recipe.crop, device, share)
    return ((batch, images) for batch, (_, images) in zip(batches, found, strict=True))
