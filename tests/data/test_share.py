"""Tests of the part of a batch that one process takes."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.data.augment import ColourNoise, random_views
from harness.data.jitter import jittered
from harness.data.locate import Locations
from harness.data.share import Share, share, whole
from harness.data.spec import Augmentation, DataSpec
from harness.data.splits import Split, open_split

AUGMENTATION = Augmentation(crops=True, flips=True, colour_std=0.1)


@given(st.integers(1, 300), st.integers(1, 16))
def test_every_image_is_taken_once_and_by_nobody_more_than_one_more(batch: int, processes: int) -> None:
    """Shares hold every image once, and their sizes differ by at most one."""
    shares = [share(batch, rank, processes) for rank in range(processes)]
    assert [place for one in shares for place in range(batch)[one.part]] == list(range(batch))
    sizes = {one.stop - one.start for one in shares}
    assert max(sizes) - min(sizes) <= 1
    assert {one.whole for one in shares} == {batch}


def test_alone_a_process_takes_all() -> None:
    """A single process takes the whole batch."""
    assert share(7, 0, 1) == whole(7) == Share(0, 7, 7)


@given(st.integers(1, 5))
def test_every_image_is_seen_as_in_the_whole_batch(processes: int) -> None:
    """Views and colour noise of a share equal those in the whole batch to the bit."""
    draws = torch.Generator().manual_seed(0)
    images = torch.randint(256, (11, 3, 12, 12), generator=draws, dtype=torch.uint8)
    mean, noise = torch.rand(3, 12, 12, generator=draws), ColourNoise(AUGMENTATION, torch.eye(3).double())

    def seen(part: Share | None) -> torch.Tensor:
        draws = torch.Generator().manual_seed(1)
        taken = images if part is None else images[part.part]
        views = random_views(taken, mean, 9, AUGMENTATION, draws, part)
        return noise.added_to(views, draws, part)

    parts = [seen(share(11, rank, processes)) for rank in range(processes)]
    assert torch.equal(torch.cat(parts), seen(None))


def digits() -> Split:
    """Return a few images of 8 x 8."""
    subset = {"classes": 3, "per_class": 4}
    return open_split(DataSpec.parsed({"name": "digits", "subset": subset}), "train", Locations())


def test_every_image_is_rescaled_as_in_the_whole_batch() -> None:
    """With jitter, sides, places and reflections of a share equal those in the whole batch."""
    split, augmentation = digits(), AUGMENTATION.model_copy(update={"jitter": (9, 12)})
    batches = torch.arange(10).view(2, 5)

    def seen(part: Share | None) -> list[tuple[torch.Tensor, torch.Tensor]]:
        draws = [torch.Generator().manual_seed(step) for step in range(2)]
        return list(jittered(split, batches, draws, augmentation, 8, torch.device("cpu"), part))

    parts = [seen(share(5, rank, 2)) for rank in range(2)]
    for step, (batch, images) in enumerate(seen(None)):
        assert torch.equal(torch.cat([part[step][0] for part in parts]), batch)
        assert torch.equal(torch.cat([part[step][1] for part in parts]), images)
