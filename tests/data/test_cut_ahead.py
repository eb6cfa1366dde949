"""Tests of views cut where images are decoded, against views drawn from whole batches."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from threading import Event, Timer

import pytest
import torch
from image_folders import make_image_folders
from packed_copies import in_every_form, opened

from harness.data.augment import random_views
from harness.data.cut_ahead import DEPTH, cut_ahead
from harness.data.share import Share, share
from harness.data.spec import Augmentation, Prepare
from harness.data.splits import Split
from harness.errors import DataMissing

CROP = 24
MEAN = 255 * torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(1))
AUGMENTATION = Augmentation(crops=True, flips=True, colour_std=0)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make the same images in class folders and in packs of both forms."""
    folder = tmp_path_factory.mktemp("copies")
    make_image_folders(folder / "ilsvrc2012")
    return in_every_form(folder / "ilsvrc2012", folder / "made")


def draws() -> Iterator[torch.Generator]:
    """Return each batch's generator at its start."""
    return (torch.Generator().manual_seed(number) for number in range(100))


def views_of(split: Split, batches: list[torch.Tensor], augmentation: Augmentation, **more) -> list[torch.Tensor]:
    """Cut the views of all batches ahead."""
    some = (draw for draw, _ in zip(draws(), batches, strict=False))
    return list(cut_ahead(split.pixels, batches, some, MEAN, CROP, augmentation, **more))


@pytest.mark.parametrize("form", ["folders", "jpeg", "raw"])
@pytest.mark.parametrize("mean", ["same_offset", "centre_crop"])
@pytest.mark.parametrize("shared", [1, 3])
def test_views_are_those_drawn_from_whole_batches(copies: dict[str, Path], form: str, mean: str, shared: int) -> None:
    """They are equal to the bit in every form, the first time that images are read and the second."""
    split = opened(copies[form], "train")
    augmentation = AUGMENTATION.model_copy(update={"mean": mean, "shared": shared})
    batches = list(torch.randperm(split.count, generator=torch.Generator().manual_seed(0)).split(7))
    for _ in range(2):
        for batch, draw, views in zip(batches, draws(), views_of(split, batches, augmentation), strict=False):
            assert torch.equal(views, random_views(split.images(batch), MEAN, CROP, augmentation, draw))
            assert views.is_contiguous(memory_format=torch.channels_last)


def test_processes_together_cut_the_views_of_one(copies: dict[str, Path]) -> None:
    """Each takes its part of every batch, with the draws of the whole."""
    split = opened(copies["folders"], "train")
    batches = list(torch.arange(20).view(2, 10))

    def part(rank: int) -> list[torch.Tensor]:
        return views_of(split, batches, AUGMENTATION, share_of=lambda count: share(count, rank, 3))

    parts, whole = [part(rank) for rank in range(3)], views_of(split, batches, AUGMENTATION)
    assert all(torch.equal(torch.cat(some), one) for *some, one in zip(*parts, whole, strict=True))
    assert share(10, 0, 3) == Share(0, 3, 10)


def test_what_is_drawn_afterwards_is_unchanged(copies: dict[str, Path]) -> None:
    """A batch's generator is left where drawing its views leaves it."""
    split, batch = opened(copies["raw"], "train"), torch.arange(8)
    after, alone = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    list(cut_ahead(split.pixels, [batch], [after], MEAN, CROP, AUGMENTATION))
    random_views(split.images(batch), MEAN, CROP, AUGMENTATION, alone)
    assert torch.equal(after.get_state(), alone.get_state())


def test_images_of_many_sizes_are_refused(copies: dict[str, Path]) -> None:
    """They would fit in no batch of views."""
    split = opened(copies["folders"], "train", Prepare())
    with pytest.raises(ValueError, match=r"images of \d+ sizes do not fit in one batch"):
        views_of(split, [torch.arange(split.count)], AUGMENTATION)


def test_a_damaged_image_is_named_when_its_batch_is_due(copies: dict[str, Path], tmp_path: Path) -> None:
    """Earlier batches still arrive."""
    shutil.copytree(copies["folders"], tmp_path / "copy")
    split = opened(tmp_path / "copy", "train")
    path = Path(split.pixels.stored.paths[9])
    path.write_bytes(path.read_bytes()[:200])
    some = (draw for draw, _ in zip(draws(), range(3), strict=False))
    arriving = cut_ahead(split.pixels, torch.arange(12).view(3, 4), some, MEAN, CROP, AUGMENTATION)
    next(arriving)
    next(arriving)
    with pytest.raises(DataMissing, match=path.name):
        next(arriving)


def test_a_missing_file_is_named(copies: dict[str, Path], tmp_path: Path) -> None:
    """It may vanish after the folder was listed."""
    shutil.copytree(copies["folders"], tmp_path / "copy")
    split = opened(tmp_path / "copy", "train")
    path = Path(split.pixels.stored.paths[2])
    path.unlink()
    with pytest.raises(DataMissing, match=path.name):
        views_of(split, [torch.arange(4)], AUGMENTATION)


def test_batches_are_taken_only_as_far_ahead_as_the_depth(copies: dict[str, Path]) -> None:
    """A long epoch's views do not fill the memory."""
    split, taken = opened(copies["folders"], "train"), []

    def batches() -> Iterator[torch.Tensor]:
        for start in range(0, 20, 4):
            taken.append(start)
            yield torch.arange(start, start + 4)

    some = (draw for draw, _ in zip(draws(), range(5), strict=False))
    arriving = cut_ahead(split.pixels, batches(), some, MEAN, CROP, AUGMENTATION)
    for number, _ in enumerate(arriving):
        assert len(taken) == min(number + 1 + DEPTH, 5)


def test_images_of_a_closed_source_are_not_waited_for(copies: dict[str, Path]) -> None:
    """Closing it drops parts that no thread has begun."""
    pixels = opened(copies["folders"], "train").pixels
    held = Event()
    for _ in range(2):  # its threads
        pixels._pool.submit(held.wait, 60)
    started = pixels.start([0, 1])
    Timer(0.1, held.set).start()
    pixels.close()
    with pytest.raises(CancelledError):
        started.images()
