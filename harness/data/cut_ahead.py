"""Random views of images on disk, cut where they are decoded while the net computes on the batch before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch

from harness.data.augment import drawn_spots, subtracted
from harness.data.images import Decoding, OnDisk
from harness.data.share import Share, whole
from harness.data.spec import Augmentation
from harness.data.splits import ahead

DEPTH = 1
"""Batches cut ahead of the one in use. Views take four times the memory of the pixels they are cut from."""


def cut_ahead(
    stored: OnDisk,
    batches: Iterable[torch.Tensor],
    draws: Iterable[torch.Generator],
    mean: torch.Tensor,
    crop: int,
    augmentation: Augmentation,
    share_of: Callable[[int], Share | None] = whole,
) -> Iterator[torch.Tensor]:
    """Yield the views that `random_views` would make of each batch of indices, drawn by its own generator of `draws`.

    `share_of` gives the part of a batch that is wanted, by the batch's size. Raises DataMissing with the name of a
    damaged file once its batch is due, and ValueError for images of different sizes.
    """
    less = subtracted(mean, crop, augmentation)

    def started() -> Iterator[tuple[torch.Tensor, Decoding]]:
        for batch, draw in zip(batches, draws, strict=True):
            share = share_of(len(batch)) or whole(len(batch))
            part = batch[share.part].tolist()
            top, left, flip = drawn_spots(stored.size_of(part), crop, augmentation, draw, share)
            yield batch, stored.start_views(part, less, (top.numpy(), left.numpy(), flip.numpy()), crop)

    return (views for _, views in ahead(started(), DEPTH))
