"""Tests of scale jitter."""

from __future__ import annotations

from collections import Counter
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from image_folders import make_image_folders
from PIL import Image

from harness.data.augment import random_views
from harness.data.decode import Window, cut_out
from harness.data.jitter import cut_alike, jittered, windows
from harness.data.locate import Locations
from harness.data.spec import Augmentation, DataSpec, Prepare
from harness.data.splits import Split, open_split
from harness.errors import DataMissing

CPU = torch.device("cpu")
CROP = 14
JITTER = Augmentation(crops=True, flips=True, colour_std=0.0, mean="centre_crop", jitter=(16, 32))


def draws(*, start: int = 0):
    """Yield a generator for each batch, the first of them number `start`."""
    return (torch.Generator().manual_seed(number) for number in count(start))


def steps(batches: torch.Tensor, start: int = 0) -> list[torch.Generator]:
    """Return as many generators as batches."""
    return [generator for generator, _ in zip(draws(start=start), batches, strict=False)]


def digits() -> Split:
    """Open images in memory as stored."""
    return open_split(DataSpec(name="digits"), "train", Locations())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """Open image files of many sizes, uncut."""
    root = tmp_path_factory.mktemp("root")
    make_image_folders(root / "ilsvrc2012")
    spec = DataSpec(name="ilsvrc2012", prepare=Prepare())
    return open_split(spec, "train", Locations.gather(data_root=root, config_files=()), threads=2)


def test_sides_are_equally_likely_from_end_to_end() -> None:
    """Sides are integers, equally likely, with both ends included (PReLU, section 3)."""
    sides = Counter(window.side for window in windows(17_000, JITTER, CROP, torch.Generator().manual_seed(0)))
    assert set(sides) == set(range(16, 33))
    assert sum((found - 1000) ** 2 / 1000 for found in sides.values()) < 46  # chi-square, 16 d.o.f., p 1e-4


def test_places_are_equally_likely_at_every_side() -> None:
    """Places are equally likely at every side; a view of 14 in 16 pixels has three each way."""
    narrow = JITTER.model_copy(update={"jitter": (16, 16)})
    found = windows(9_000, narrow, CROP, torch.Generator().manual_seed(1))
    places = Counter(window.place(40, 40)[2:] for window in found)
    assert set(places) == {(top, left) for top in range(3) for left in range(3)}
    assert sum((seen - 1000) ** 2 / 1000 for seen in places.values()) < 32  # chi-square, 8 d.o.f., p 1e-4


def test_view_larger_than_the_smallest_image_is_refused() -> None:
    """A view larger than the smallest image is refused."""
    with pytest.raises(ValueError, match="crop of 20 pixels does not fit in 16"):
        windows(3, JITTER, 20, torch.Generator())


def test_images_in_memory_are_cut_as_files_are() -> None:
    """Images in memory and in files are cut alike, up to one grey level of rounding."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (12, 21, 29, 3), dtype=np.uint8)
    views = [Window(int(side), *random.random(2).tolist(), CROP) for side in random.integers(16, 45, 12)]
    ours = cut_alike(torch.from_numpy(pictures).permute(0, 3, 1, 2), views)
    theirs = np.stack([cut_out(Image.fromarray(picture), view) for picture, view in zip(pictures, views, strict=True)])
    assert ours.dtype == torch.uint8
    assert np.abs(ours.numpy().astype(int) - theirs).max() <= 1


def test_side_of_the_image_itself_leaves_its_pixels() -> None:
    """Rescaling an image to its own side leaves its pixels unchanged."""
    images = torch.randint(0, 256, (4, 1, 16, 16), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    cut = cut_alike(images, [Window(16, 0.5, 0.0, CROP)] * 4)
    assert torch.equal(cut, images[..., 1:15, 0:14])


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_batches_come_in_order_with_views_of_their_images(kind: str, folders: Split) -> None:
    """Batches come in order, with one view of each image from the batch's own generator."""
    split = digits() if kind == "memory" else folders
    batches = torch.randperm(split.count, generator=torch.Generator().manual_seed(0))[:40].view(5, 8)
    found = list(jittered(split, batches, steps(batches), JITTER, CROP, CPU))
    assert torch.equal(torch.stack([batch for batch, _ in found]), batches)
    assert {images.shape for _, images in found} == {(8, (split.shape or (3,))[0], CROP, CROP)}
    if split.in_memory is not None:
        for (batch, images), generator in zip(found, draws(), strict=False):
            views = windows(8, JITTER, CROP, generator)
            assert torch.equal(images, cut_alike(split.images(batch), views))


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_later_batches_do_not_depend_on_the_earlier(kind: str, folders: Split) -> None:
    """Later batches do not depend on earlier ones, so an epoch can resume in its middle."""
    split = digits() if kind == "memory" else folders
    batches = torch.arange(40).view(5, 8)
    whole = list(jittered(split, batches, steps(batches), JITTER, CROP, CPU))
    rest = list(jittered(split, batches[3:], steps(batches[3:], start=3), JITTER, CROP, CPU))
    assert all(torch.equal(one, other) for (_, one), (_, other) in zip(whole[3:], rest, strict=True))


def test_views_go_through_the_same_augmentation() -> None:
    """Reflections and the mean are applied to jittered views as to other images."""
    split, batches = digits(), torch.arange(64).view(1, 64)
    ((_, images),) = jittered(split, batches, steps(batches), JITTER, CROP, CPU)
    mean = torch.rand(1, CROP, CROP)
    views = random_views(images, mean, CROP, JITTER, torch.Generator().manual_seed(0))
    straight = (views + mean - images).abs().amax((1, 2, 3)) < 1e-3
    reflected = (views + mean - images.flip(-1)).abs().amax((1, 2, 3)) < 1e-3
    assert (straight | reflected).all()
    assert 10 < int(reflected.sum()) < 54


def test_damaged_file_is_named(tmp_path: Path) -> None:
    """A damaged file is an error with its name."""
    make_image_folders(tmp_path / "ilsvrc2012", classes=1, train=8)
    split = open_split(
        DataSpec(name="ilsvrc2012"), "train", Locations.gather(data_root=tmp_path, config_files=()), threads=2
    )
    (tmp_path / split.ids[5]).write_bytes(b"no image")
    batches = torch.arange(8).view(2, 4)
    with pytest.raises(DataMissing, match=split.ids[5].rpartition("/")[2]):
        list(jittered(split, batches, steps(batches), JITTER, CROP, CPU))
