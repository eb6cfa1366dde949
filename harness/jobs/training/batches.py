"""Delivers the views of an epoch's batches to the training loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import tee

import torch

from harness.data.augment import random_views
from harness.data.cut_ahead import cut_ahead
from harness.data.images import OnDisk
from harness.data.jitter import jittered
from harness.data.splits import Split, prefetch
from harness.data.transfer import sent
from harness.jobs.randomness import generator
from harness.jobs.ranks import Ranks
from harness.jobs.recipe import Recipe

Arrived = tuple[torch.Tensor, torch.Tensor, torch.Generator]
"""A batch of indices, this process's views of its images, and the generator that drew them, for further draws."""
Draws = Iterable[torch.Generator]


def arriving(
    training: Split,
    mean: torch.Tensor,
    batches: Sequence[torch.Tensor],
    recipe: Recipe,
    ranks: Ranks,
    position: tuple[int, int, int],
) -> Iterator[Arrived]:
    """Yield each batch with its views, float32 [batch, channels, crop, crop] on the device of `mean`.

    `position` is the seed, the epoch, and the step of the first batch. Each step draws from generators of its own, so
    that views may be drawn ahead.
    """
    jitter, draws, same = _draws("jitter", len(batches), position), *tee(_draws("augmentation", len(batches), position))
    if recipe.augmentation.jitter is None and isinstance(training.pixels, OnDisk) and mean.device.type == "cpu":
        views = cut_ahead(training.pixels, batches, draws, mean, recipe.crop, recipe.augmentation, ranks.share)
    else:
        views = _views(training, mean, batches, recipe, ranks, jitter, draws)
    return zip(batches, views, same, strict=True)


def _draws(purpose: str, steps: int, position: tuple[int, int, int]) -> Draws:
    seed, epoch, first = position
    return (generator(seed, purpose, epoch, step) for step in range(first, first + steps))


def _views(
    training: Split,
    mean: torch.Tensor,
    batches: Sequence[torch.Tensor],
    recipe: Recipe,
    ranks: Ranks,
    jitter: Draws,
    draws: Draws,
) -> Iterator[torch.Tensor]:
    """Yield the views of batches whose images arrive whole, or cut at a scale of their own, before views are drawn."""
    device, augmentation = mean.device, recipe.augmentation
    if augmentation.jitter is None:
        arrived = prefetch(training, map(ranks.part, batches))
    else:
        share = ranks.share(recipe.batch)
        arrived = jittered(training, batches, jitter, augmentation, recipe.crop, device, share)
    for batch, (_, images), draw in zip(batches, arrived, draws, strict=True):
        share = ranks.share(len(batch))
        yield random_views(sent(images, device), mean, recipe.crop, augmentation, draw, share)
