"""Scale jitter: rescales each training image anew at every use and cuts a view out of it (PReLU, section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import tee

import torch
import torch.nn.functional as F

from harness.data.augment import places
from harness.data.declared import centre_offset
from harness.data.decode import Window
from harness.data.share import Share, whole
from harness.data.spec import Augmentation, Prepare
from harness.data.splits import Split, prefetch
from harness.data.transfer import sent


def jittered(
    split: Split,
    batches: Iterable[torch.Tensor],
    draws: Iterable[torch.Generator],
    augmentation: Augmentation,
    crop: int,
    device: torch.device,
    share: Share | None = None,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield each batch of indices with one view of each image, uint8 [batch, channels, crop, crop].

    The split must hold the images as stored. Each batch draws its views from its own generator of `draws`. Image files
    are cut while threads decode them, and arrive on the CPU; images in memory are cut on `device`. With a `share`, only
    that part of each batch is yielded, with the views it has in the whole batch.
    """

    def cut(batch: torch.Tensor, draw: torch.Generator) -> tuple[torch.Tensor, list[Window]]:
        part = (share or whole(len(batch))).part
        return batch[part], windows(len(batch), augmentation, crop, draw)[part]

    cuts = (cut(batch, draw) for batch, draw in zip(batches, draws, strict=True))
    if split.in_memory is not None:
        yield from ((batch, cut_alike(sent(split.images(batch), device), views)) for batch, views in cuts)
        return
    some, same = tee(cuts)
    yield from prefetch(split, (batch for batch, _ in some), windows=(views for _, views in same))


def windows(count: int, augmentation: Augmentation, crop: int, generator: torch.Generator) -> list[Window]:
    """Draw `count` views: integer sides, and for every side all places equally likely.

    Raises ValueError if a view of `crop` pixels may not fit.
    """
    assert augmentation.jitter is not None
    low, high = augmentation.jitter
    centre_offset(low, crop)
    sides = torch.randint(low, high + 1, (count,), generator=generator).tolist()
    shares = torch.rand(count, 2, dtype=torch.float64, generator=generator).tolist()
    return [Window(side, down, right, crop) for side, (down, right) in zip(sides, shares, strict=True)]


def cut_alike(images: torch.Tensor, views: Sequence[Window]) -> torch.Tensor:
    """Cut views of images of equal size: uint8 [batch, channels, H, W] becomes [batch, channels, crop, crop].

    Rescaling is bilinear and antialiased as for image files, equal up to the rounding of pixels.
    """
    height, width = images.shape[-2:]
    crop = views[0].crop
    cut = images.new_empty((*images.shape[:2], crop, crop))
    for side in sorted({view.side for view in views}):
        chosen = [row for row, view in enumerate(views) if view.side == side]
        rows = sent(torch.tensor(chosen), images.device)
        spots = sent(torch.tensor([views[row].place(height, width)[2:] for row in chosen]), images.device)
        size = Prepare(short_side=side).rescaled(height, width)
        scaled = F.interpolate(images[rows].float(), size, mode="bilinear", antialias=True)
        top, left = spots.unbind(1)
        where = places(top, left, torch.zeros_like(top), crop, size[1]).expand(-1, images.shape[1], -1)
        found = scaled.flatten(2).gather(2, where).view(-1, *cut.shape[1:])
        cut[rows] = found.round_().clamp_(0, 255).to(torch.uint8)
    return cut
