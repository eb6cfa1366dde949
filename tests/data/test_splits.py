"""Tests of opening splits and reading their images."""

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
    """Make a miniature ILSVRC-2010 below a data root."""
    root = tmp_path_factory.mktemp("root")
    make_image_folders(root / "ilsvrc2010")
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """Return a copy of it to damage."""
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def flat(made: Path, tmp_path: Path) -> Path:
    """Make a miniature ILSVRC-2012, whose test images lie in one folder."""
    folder = tmp_path / "flat" / "ilsvrc2012"
    for split in ("train", "val"):
        shutil.copytree(made / "ilsvrc2010" / split, folder / split)
    (folder / "test").mkdir()
    images = sorted((made / "ilsvrc2010" / "test").rglob("*.JPEG"))
    for number in (3, 1, 2):
        shutil.copy(images[number], folder / "test" / f"ILSVRC2012_test_{number:08d}.JPEG")
    return tmp_path / "flat"


def opened(root: Path, split: str = "train", subset: Subset | None = None, name: str = "ilsvrc2010") -> Split:
    """Open a split of the miniature, decoded by two threads."""
    spec = DataSpec(name=name, subset=subset, prepare=SQUARE)
    return open_split(spec, split, Locations.gather(data_root=root, config_files=()), threads=2)


def digits(split: str = "train", subset: Subset | None = None, prepare: Prepare | None = None) -> Split:
    """Open a split of the embedded digits."""
    return open_split(DataSpec(name="digits", subset=subset, prepare=prepare or Prepare()), split, Locations())


def test_ids_name_set_split_and_image_but_no_place(made: Path) -> None:
    """Ids hold set, split and image but no folder of the machine, in sorted order."""
    split = opened(made, "test")
    assert split.ids == sorted(split.ids)
    assert split.ids[0] == "ilsvrc2010/test/n10000000/n10000000_test_0.JPEG"
    assert digits("test").ids[:2] == ["digits/test/00000", "digits/test/00004"]


def test_digest_of_ids_is_of_their_lines(made: Path) -> None:
    """The digest of ids is that of their lines."""
    split = opened(made, "val")
    assert split.ids_sha256 == hashlib.sha256("\n".join(split.ids).encode()).hexdigest()


def test_labels_are_places_in_the_sorted_classes(made: Path) -> None:
    """Labels are positions in the sorted classes."""
    split = opened(made)
    assert split.labels.dtype == torch.int64
    assert split.count == len(split.labels) == 48
    folders = [identity.split("/")[2] for identity in split.ids]
    assert [split.classes[label] for label in split.labels] == folders


def test_images_are_the_prepared_files_in_the_order_asked(made: Path) -> None:
    """Images are the prepared files in the order of the indices, which may repeat."""
    split = opened(made)
    batch = split.images(torch.tensor([5, 0, 5]))
    assert (batch.dtype, batch.shape) == (torch.uint8, (3, 3, 32, 32))
    for row, number in zip(batch, [5, 0, 5], strict=True):
        with Image.open(made / split.ids[number]) as image:
            assert np.array_equal(row.numpy(), prepared(image.convert("RGB"), SQUARE))


def test_images_in_memory_are_gathered_the_same_way() -> None:
    """Images in memory are gathered like those in files."""
    split = digits(prepare=Prepare(pad=1))
    whole = split.in_memory
    assert whole is not None
    assert (split.shape, tuple(whole.shape)) == ((1, 10, 10), (split.count, 1, 10, 10))
    assert torch.equal(split.images([7, 2]), whole[[7, 2]])


def test_batch_from_memory_is_a_copy() -> None:
    """A batch from memory is a copy."""
    split = digits()
    before = split.images([0]).clone()
    split.images([0]).zero_()
    assert torch.equal(split.images([0]), before)


def test_converted_images_are_counted_once(made: Path) -> None:
    """Converted grey and CMYK images are counted once each."""
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
    """Prefetched batches are the batches in order, a smaller last one included."""
    split = opened(made)
    batches = list(torch.randperm(split.count, generator=torch.Generator().manual_seed(0)).split(7))
    fetched = list(prefetch(split, batches, depth))
    assert [indices.tolist() for indices, _ in fetched] == [indices.tolist() for indices in batches]
    assert all(torch.equal(images, split.images(indices)) for indices, images in fetched)


def test_prefetch_takes_batches_only_as_far_ahead_as_asked(made: Path) -> None:
    """Prefetching takes only as many batches ahead as asked."""
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
    """Prefetching from memory starts no thread and takes one batch at a time."""
    split = digits()
    batches = torch.arange(12).view(3, 4)
    assert all(torch.equal(images, split.images(rows)) for rows, images in prefetch(split, batches))


def test_damaged_image_is_named_when_its_batch_is_due(copy: Path) -> None:
    """A damaged image is reported by name when its batch is due; earlier batches still arrive."""
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
    """A subset takes the declared number of classes and training images, with consecutive labels."""
    split = opened(made, subset=Subset(classes=2, per_class=5, seed=1))
    assert split.labels.bincount().tolist() == [5, 5]
    assert [split.classes[label] for label in split.labels] == [identity.split("/")[2] for identity in split.ids]


@pytest.mark.parametrize("name", ["digits", "ilsvrc2010"])
def test_subset_means_the_same_classes_in_every_split(made: Path, name: str) -> None:
    """A subset has the same classes in every split, and keeps all their test images."""
    subset = Subset(classes=3, per_class=4)
    open_part = digits if name == "digits" else lambda split, subset=None: opened(made, split, subset)
    parts = [open_part(split, subset) for split in ("train", "val", "test")]
    assert len({part.classes for part in parts}) == 1
    whole = open_part("test")
    kept = {whole.classes.index(name) for name in parts[2].classes}
    assert parts[2].count == sum(label in kept for label in whole.labels.tolist())


def test_subset_in_memory_keeps_pixels_labels_and_ids_together() -> None:
    """A subset in memory keeps pixels, labels and ids together."""
    whole, part = digits(), digits(subset=Subset(classes=4, per_class=6, seed=3))
    assert part.labels.bincount().tolist() == [6] * 4
    places = [whole.ids.index(identity) for identity in part.ids]
    assert torch.equal(part.images(range(part.count)), whole.images(places))
    assert [part.classes[label] for label in part.labels] == [whole.classes[label] for label in whole.labels[places]]


def test_subset_larger_than_the_data_is_refused(made: Path) -> None:
    """A subset larger than the data is refused with the number available."""
    with pytest.raises(UsageError, match="subset of 13 images of a class was asked for, where there are 12"):
        opened(made, subset=Subset(classes=2, per_class=13))


def test_label_means_the_same_class_where_a_split_lacks_one(copy: Path) -> None:
    """Labels follow the training classes, so a missing folder in another split shifts none."""
    shutil.rmtree(copy / "ilsvrc2010" / "test" / "n10000000")
    split = opened(copy, "test")
    assert split.labels.unique().tolist() == [1, 2, 3]
    assert split.classes == opened(copy).classes


def test_class_without_training_images_is_refused(copy: Path) -> None:
    """A class without training images is refused."""
    shutil.copytree(copy / "ilsvrc2010" / "val" / "n10000000", copy / "ilsvrc2010" / "val" / "n20000000")
    with pytest.raises(DataMissing, match="n20000000: there is no such class"):
        opened(copy, "val")


def test_empty_class_folders_are_refused(copy: Path) -> None:
    """Empty class folders raise DataMissing."""
    for image in (copy / "ilsvrc2010" / "val").rglob("*.JPEG"):
        image.unlink()
    with pytest.raises(DataMissing, match="val: no images in its class folders"):
        opened(copy, "val")


def test_missing_split_is_missing_data(copy: Path) -> None:
    """A missing split of a set that was found raises DataMissing."""
    shutil.rmtree(copy / "ilsvrc2010" / "test")
    with pytest.raises(DataMissing, match="test: cannot be listed"):
        opened(copy, "test")


def test_images_without_labels_are_read_in_the_order_of_their_names(flat: Path) -> None:
    """Unlabelled test images of 2012 are read in the order of their names."""
    split = opened(flat, "test", name="ilsvrc2012")
    assert split.ids == [f"ilsvrc2012/test/ILSVRC2012_test_{number:08d}.JPEG" for number in (1, 2, 3)]
    assert (split.labelled, split.labels.tolist()) == (False, [-1, -1, -1])
    assert split.classes == opened(flat, "train", name="ilsvrc2012").classes
    assert split.images([0, 1, 2]).shape == (3, 3, 32, 32)
    assert opened(flat, "val", name="ilsvrc2012").labelled


def test_images_without_labels_make_no_subset(flat: Path) -> None:
    """Unlabelled images cannot form a subset."""
    with pytest.raises(UsageError, match="no subset of its classes"):
        opened(flat, "test", Subset(classes=2, per_class=3), name="ilsvrc2012")


def test_unknown_split_offers_those_there_are() -> None:
    """The error for an unknown split lists the known ones."""
    with pytest.raises(UsageError, match="no split 'valid'; there are train, val, test"):
        digits("valid")


def many_sizes(made: Path, short_side: int = 32) -> Split:
    """Open the test images without cutting them to a square."""
    spec = DataSpec(name="ilsvrc2010", prepare=Prepare(short_side=short_side))
    return open_split(spec, "test", Locations.gather(data_root=made, config_files=()), threads=2)


def test_uncut_images_have_no_one_shape(made: Path) -> None:
    """Uncut images keep their aspect and have no common shape; a batch must have a single size."""
    split = many_sizes(made)
    assert split.shape is None
    assert split.images([3]).shape[1:] == (3, *split.pixels.sizes[3])
    with pytest.raises(ValueError, match=r"images of \d+ sizes do not fit in one batch"):
        split.images(range(split.count))


@pytest.mark.parametrize("at_most", [1, 3, 100])
def test_batches_of_one_size_hold_every_image_once(made: Path, at_most: int) -> None:
    """Batches of equal size hold every image once."""
    split = many_sizes(made, short_side=4)  # so small that some sizes agree
    batches = split.batches(at_most)
    assert sorted(torch.cat(batches).tolist()) == list(range(split.count))
    assert max(map(len, batches)) == min(at_most, max(Counter(map(tuple, split.pixels.sizes.tolist())).values()))
    for indices, images in prefetch(split, batches):
        assert all(torch.equal(image, split.images([index])[0]) for index, image in zip(indices, images, strict=True))


def test_batches_of_cut_images_are_in_order(made: Path) -> None:
    """Batches of cut images are in order."""
    assert [batch.tolist() for batch in opened(made, "val").batches(5)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]
    assert [batch.tolist() for batch in digits("val").batches(150)] == [list(range(150)), list(range(150, 199))]


@pytest.mark.parametrize("name", ["digits", "ilsvrc2010"])
def test_sample_is_a_part_with_its_own_pixels_and_labels(made: Path, name: str) -> None:
    """A sample has the pixels and labels of the whole split."""
    whole = digits("test") if name == "digits" else opened(made, "test")
    part = whole.sample(7)
    places = [whole.ids.index(identity) for identity in part.ids]
    assert part.count == 7
    assert places == sorted(places)
    assert torch.equal(part.labels, whole.labels[places])
    assert torch.equal(part.images(range(7)), whole.images(places))


def test_samples_grow_and_end_at_the_whole() -> None:
    """A larger sample contains the smaller one, and the largest is the whole split."""
    whole = digits("test")
    small, large = (set(whole.sample(count).ids) for count in (50, 60))
    assert small < large
    assert whole.sample(10_000).ids == whole.ids


def test_sample_does_not_depend_on_the_order_of_classes() -> None:
    """A sample is spread over the split: all ten digits are among sixty."""
    assert len(digits("test").sample(60).labels.unique()) == 10


def test_a_sample_is_drawn_and_a_larger_one_contains_it() -> None:
    """A sample is drawn by hash, not taken from the front, and keeps the order of the split."""
    split = open_split(DataSpec(name="digits"), "test", Locations())
    small, large = split.sample(20), split.sample(60)
    assert set(small.ids) < set(large.ids)
    assert small.ids != split.ids[:20]
    assert small.ids == [identity for identity in split.ids if identity in set(small.ids)]
    places = [split.ids.index(identity) for identity in small.ids]
    assert torch.equal(small.labels, split.labels[places])
    assert torch.equal(small.images(torch.arange(20)), split.images(torch.tensor(places)))
