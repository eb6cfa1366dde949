"""Opening splits and reading their images."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from image_folders import make_image_folders, size_and_mode
from PIL import Image

from harness.data.decode import prepared
from harness.data.locate import Locations
from harness.data.spec import DataSpec, Prepare, Subset
from harness.data.splits import Split, open_split, prefetch
from harness.errors import DataMissing, UsageError

SQUARE = Prepare(short_side=32, center=32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature ILSVRC-2010 below a data root."""
    root = tmp_path_factory.mktemp("root")
    make_image_folders(root / "ilsvrc2010")
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def flat(made: Path, tmp_path: Path) -> Path:
    """A miniature ILSVRC-2012, whose test images lie in one folder."""
    folder = tmp_path / "flat" / "ilsvrc2012"
    for split in ("train", "val"):
        shutil.copytree(made / "ilsvrc2010" / split, folder / split)
    (folder / "test").mkdir()
    images = sorted((made / "ilsvrc2010" / "test").rglob("*.JPEG"))
    for number in (3, 1, 2):
        shutil.copy(images[number], folder / "test" / f"ILSVRC2012_test_{number:08d}.JPEG")
    return tmp_path / "flat"


def opened(root: Path, split: str = "train", subset: Subset | None = None, name: str = "ilsvrc2010") -> Split:
    """A split of the miniature, decoded by two threads."""
    spec = DataSpec(name=name, subset=subset, prepare=SQUARE)
    return open_split(spec, split, Locations.gather(data_root=root, config_files=()), threads=2)


def digits(split: str = "train", subset: Subset | None = None, prepare: Prepare | None = None) -> Split:
    """A split of the embedded digits."""
    return open_split(DataSpec(name="digits", subset=subset, prepare=prepare or Prepare()), split, Locations())


def test_ids_name_set_split_and_image_but_no_place(made: Path) -> None:
    """They are the same on every machine, in the order of sorted classes and files."""
    split = opened(made, "test")
    assert split.ids == sorted(split.ids)
    assert split.ids[0] == "ilsvrc2010/test/n10000000/n10000000_test_0.JPEG"
    assert digits("test").ids[:2] == ["digits/test/00000", "digits/test/00004"]


def test_digest_of_ids_is_of_their_lines(made: Path) -> None:
    """Anybody can work it out from the list of ids."""
    split = opened(made, "val")
    assert split.ids_sha256 == hashlib.sha256("\n".join(split.ids).encode()).hexdigest()


def test_labels_are_places_in_the_sorted_classes(made: Path) -> None:
    """Each id lies in the folder of its label."""
    split = opened(made)
    assert split.labels.dtype == torch.int64
    assert split.count == len(split.labels) == 48
    folders = [identity.split("/")[2] for identity in split.ids]
    assert [split.classes[label] for label in split.labels] == folders


def test_images_are_the_prepared_files_in_the_order_asked(made: Path) -> None:
    """Batches are gathered by index, and indices may repeat."""
    split = opened(made)
    batch = split.images(torch.tensor([5, 0, 5]))
    assert (batch.dtype, batch.shape) == (torch.uint8, (3, 3, 32, 32))
    for row, number in zip(batch, [5, 0, 5], strict=True):
        with Image.open(made / split.ids[number]) as image:
            assert np.array_equal(row.numpy(), prepared(image.convert("RGB"), SQUARE))


def test_images_in_memory_are_gathered_the_same_way() -> None:
    """One interface, whatever the split is kept in."""
    split = digits(prepare=Prepare(pad=1))
    whole = split.in_memory
    assert whole is not None
    assert (split.shape, tuple(whole.shape)) == ((1, 10, 10), (split.count, 1, 10, 10))
    assert torch.equal(split.images([7, 2]), whole[[7, 2]])


def test_batch_from_memory_is_a_copy() -> None:
    """Writing to a batch leaves the split as it was."""
    split = digits()
    before = split.images([0]).clone()
    split.images([0]).zero_()
    assert torch.equal(split.images([0]), before)


def test_converted_images_are_counted_once(made: Path) -> None:
    """Grey and CMYK files are read as RGB, and it is said how many."""
    split = opened(made)
    assert split.converted == {}
    everything = torch.arange(split.count)
    split.images(everything)
    split.images(everything)
    with_mode = Counter(size_and_mode(made / identity)[1] for identity in split.ids)
    assert split.converted == {mode: count for mode, count in with_mode.items() if mode != "RGB"}
    assert set(split.converted) == {"L", "CMYK"}


@pytest.mark.parametrize("depth", [0, 1, 3, 20])
def test_prefetched_batches_are_the_batches_in_order(made: Path, depth: int) -> None:
    """Working ahead changes nothing but time; the last batch may be smaller."""
    split = opened(made)
    batches = list(torch.randperm(split.count, generator=torch.Generator().manual_seed(0)).split(7))
    fetched = list(prefetch(split, batches, depth))
    assert [indices.tolist() for indices, _ in fetched] == [indices.tolist() for indices in batches]
    assert all(torch.equal(images, split.images(indices)) for indices, images in fetched)


def test_prefetch_takes_batches_only_as_far_ahead_as_asked(made: Path) -> None:
    """A whole epoch is not decoded into memory at once."""
    split, taken = opened(made), []

    def batches():
        for start in range(0, 40, 4):
            taken.append(start)
            yield torch.arange(start, start + 4)

    fetched = prefetch(split, batches(), depth=2)
    next(fetched)
    assert taken == [0, 4, 8]
    fetched.close()


def test_prefetch_from_memory_is_the_gather_alone() -> None:
    """A split in memory takes one batch at a time and starts no thread."""
    split = digits()
    batches = torch.arange(12).view(3, 4)
    assert all(torch.equal(images, split.images(rows)) for rows, images in prefetch(split, batches))


def test_damaged_image_is_named_when_its_batch_is_due(copy: Path) -> None:
    """It is never left out; the batches before it still come."""
    split = opened(copy)
    path = copy / split.ids[9]
    path.write_bytes(path.read_bytes()[:200])
    fetched = prefetch(split, torch.arange(12).view(3, 4), depth=2)
    next(fetched)
    next(fetched)
    with pytest.raises(DataMissing, match=path.name):
        next(fetched)
    with pytest.raises(DataMissing, match=path.name):
        split.images([9])


def test_subset_takes_so_many_images_of_so_many_classes(made: Path) -> None:
    """Training images are counted off; labels close up over the chosen classes."""
    split = opened(made, subset=Subset(classes=2, per_class=5, seed=1))
    assert split.labels.bincount().tolist() == [5, 5]
    assert [split.classes[label] for label in split.labels] == [identity.split("/")[2] for identity in split.ids]


@pytest.mark.parametrize("name", ["digits", "ilsvrc2010"])
def test_subset_means_the_same_classes_in_every_split(made: Path, name: str) -> None:
    """What is learnt is what is tested; testing keeps every image of these classes."""
    subset = Subset(classes=3, per_class=4)
    open_part = digits if name == "digits" else lambda split, subset=None: opened(made, split, subset)
    parts = [open_part(split, subset) for split in ("train", "val", "test")]
    assert len({part.classes for part in parts}) == 1
    whole = open_part("test")
    kept = {whole.classes.index(name) for name in parts[2].classes}
    assert parts[2].count == sum(label in kept for label in whole.labels.tolist())


def test_subset_in_memory_keeps_pixels_labels_and_ids_together() -> None:
    """Every image of the part is the whole split's image of that id, under its class."""
    whole, part = digits(), digits(subset=Subset(classes=4, per_class=6, seed=3))
    assert part.labels.bincount().tolist() == [6] * 4
    places = [whole.ids.index(identity) for identity in part.ids]
    assert torch.equal(part.images(range(part.count)), whole.images(places))
    assert [part.classes[label] for label in part.labels] == [whole.classes[label] for label in whole.labels[places]]


def test_subset_larger_than_the_data_is_refused(made: Path) -> None:
    """The message says how many there are."""
    with pytest.raises(UsageError, match="subset of 13 images of a class was asked for, where there are 12"):
        opened(made, subset=Subset(classes=2, per_class=13))


def test_label_means_the_same_class_where_a_split_lacks_one(copy: Path) -> None:
    """Classes are those of the training images, so that a missing folder shifts no label."""
    shutil.rmtree(copy / "ilsvrc2010" / "test" / "n10000000")
    split = opened(copy, "test")
    assert split.labels.unique().tolist() == [1, 2, 3]
    assert split.classes == opened(copy).classes


def test_class_without_training_images_is_refused(copy: Path) -> None:
    """A test folder that training never saw has no label."""
    shutil.copytree(copy / "ilsvrc2010" / "val" / "n10000000", copy / "ilsvrc2010" / "val" / "n20000000")
    with pytest.raises(DataMissing, match="n20000000: there is no such class"):
        opened(copy, "val")


def test_empty_class_folders_are_refused(copy: Path) -> None:
    """Nothing to read is missing data, not an empty split."""
    for image in (copy / "ilsvrc2010" / "val").rglob("*.JPEG"):
        image.unlink()
    with pytest.raises(DataMissing, match="val: no images in its class folders"):
        opened(copy, "val")


def test_missing_split_is_missing_data(copy: Path) -> None:
    """The set is found, this part of it is not."""
    shutil.rmtree(copy / "ilsvrc2010" / "test")
    with pytest.raises(DataMissing, match="test: cannot be listed"):
        opened(copy, "test")


def test_images_without_labels_are_read_in_the_order_of_their_names(flat: Path) -> None:
    """The test images of 2012 can be looked at, though nobody but the server can score what is said of them."""
    split = opened(flat, "test", name="ilsvrc2012")
    assert split.ids == [f"ilsvrc2012/test/ILSVRC2012_test_{number:08d}.JPEG" for number in (1, 2, 3)]
    assert (split.labelled, split.labels.tolist()) == (False, [-1, -1, -1])
    assert split.classes == opened(flat, "train", name="ilsvrc2012").classes
    assert split.images([0, 1, 2]).shape == (3, 3, 32, 32)
    assert opened(flat, "val", name="ilsvrc2012").labelled


def test_images_without_labels_make_no_subset(flat: Path) -> None:
    """Which of them show the chosen classes is not known."""
    with pytest.raises(UsageError, match="no subset of its classes"):
        opened(flat, "test", Subset(classes=2, per_class=3), name="ilsvrc2012")


def test_unknown_split_offers_those_there_are() -> None:
    """A slip is answered with the list."""
    with pytest.raises(UsageError, match="no split 'valid'; there are train, val, test"):
        digits("valid")


def many_sizes(made: Path, short_side: int = 32) -> Split:
    """The test images, not cut to a square."""
    spec = DataSpec(name="ilsvrc2010", prepare=Prepare(short_side=short_side))
    return open_split(spec, "test", Locations.gather(data_root=made, config_files=()), threads=2)


def test_uncut_images_have_no_one_shape(made: Path) -> None:
    """Each keeps its aspect; what is in one batch has to be of one size."""
    split = many_sizes(made)
    assert split.shape is None
    assert split.images([3]).shape[1:] == (3, *split.pixels.sizes[3])
    with pytest.raises(ValueError, match=r"images of \d+ sizes do not fit in one batch"):
        split.images(range(split.count))


@pytest.mark.parametrize("at_most", [1, 3, 100])
def test_batches_of_one_size_hold_every_image_once(made: Path, at_most: int) -> None:
    """Uncut images are read batch by batch, and none is forgotten."""
    split = many_sizes(made, short_side=4)  # so small that some sizes are alike
    batches = split.batches(at_most)
    assert sorted(torch.cat(batches).tolist()) == list(range(split.count))
    assert max(map(len, batches)) == min(at_most, max(Counter(map(tuple, split.pixels.sizes.tolist())).values()))
    for indices, images in prefetch(split, batches):
        assert all(torch.equal(image, split.images([index])[0]) for index, image in zip(indices, images, strict=True))


def test_batches_of_cut_images_are_in_order(made: Path) -> None:
    """There is one size, so nothing is moved."""
    assert [batch.tolist() for batch in opened(made, "val").batches(5)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]
    assert [batch.tolist() for batch in digits("val").batches(150)] == [list(range(150)), list(range(150, 199))]


@pytest.mark.parametrize("name", ["digits", "ilsvrc2010"])
def test_sample_is_a_part_with_its_own_pixels_and_labels(made: Path, name: str) -> None:
    """So many images, every one as in the whole split."""
    whole = digits("test") if name == "digits" else opened(made, "test")
    part = whole.sample(7)
    places = [whole.ids.index(identity) for identity in part.ids]
    assert part.count == 7
    assert places == sorted(places)
    assert torch.equal(part.labels, whole.labels[places])
    assert torch.equal(part.images(range(7)), whole.images(places))


def test_samples_grow_and_end_at_the_whole() -> None:
    """A larger sample holds the smaller one; asking for more than there is gives everything."""
    whole = digits("test")
    small, large = (set(whole.sample(count).ids) for count in (50, 60))
    assert small < large
    assert whole.sample(10_000).ids == whole.ids


def test_sample_does_not_depend_on_the_order_of_classes() -> None:
    """It is spread over the split, not its beginning: all ten digits are among sixty."""
    assert len(digits("test").sample(60).labels.unique()) == 10


def test_a_sample_is_drawn_and_a_larger_one_contains_it() -> None:
    """Not the first images of a split, which in most sets are of one class; in the order of the split."""
    split = open_split(DataSpec(name="digits"), "test", Locations())
    small, large = split.sample(20), split.sample(60)
    assert set(small.ids) < set(large.ids)
    assert small.ids != split.ids[:20]
    assert small.ids == [identity for identity in split.ids if identity in set(small.ids)]
    places = [split.ids.index(identity) for identity in small.ids]
    assert torch.equal(small.labels, split.labels[places])
    assert torch.equal(small.images(torch.arange(20)), split.images(torch.tensor(places)))
