"""Classes of images by files of a development kit or of Kaggle; orders of classes are never mixed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from image_layouts import kaggle, kit, make_originals, write

from harness.errors import DataMissing
from harness.ingest.labels import class_list, find_labels

ORIGINALS = make_originals(train=1)
DATASET = ORIGINALS.declared()
TRUTH = "ILSVRC2012_validation_ground_truth.txt"


def told(labels):
    """Return the class of each validation image by these labels."""
    assert labels is not None
    return [labels.of(image.name) for image in ORIGINALS.of("val")]


def official():
    """Return the released class of each validation image."""
    return [image.wnid for image in ORIGINALS.of("val")]


def refused(*places: Path) -> str:
    """Return the message with which labels are refused."""
    with pytest.raises(DataMissing) as caught:
        find_labels(DATASET, "val", places)
    return str(caught.value)


def test_the_kits_numbers_are_translated_by_its_own_list(tmp_path):
    """The place among sorted WordNet ids is another order; the description names the order."""
    labels = find_labels(DATASET, "val", [kit(ORIGINALS, tmp_path)])
    assert told(labels) == official()
    assert labels.order == "ILSVRC2012_ID of ILSVRC2012_validation_ground_truth.txt, translated by meta.mat"


def test_kaggles_solution_names_classes(tmp_path):
    """The order of its lines does not matter."""
    labels = find_labels(DATASET, "val", [kaggle(ORIGINALS, tmp_path)])
    assert told(labels) == official()
    assert "no order is involved" in labels.order


def test_the_year_with_test_labels_has_them_too(tmp_path):
    """The kit of 2010 has other names of numbers and files."""
    originals = make_originals(train=1, prefix="ILSVRC2010")
    labels = find_labels(originals.declared("ilsvrc2010"), "test", [kit(originals, tmp_path)])
    assert [labels.of(image.name) for image in originals.of("test")] == [i.wnid for i in originals.of("test")]


def test_without_any_file_nothing_is_told(tmp_path):
    """A set in class folders needs no labels."""
    assert find_labels(DATASET, "val", [tmp_path]) is None
    assert class_list(DATASET, [tmp_path]) is None


def test_a_sorted_kit_is_refused(tmp_path):
    """Its numbers would be places among sorted WordNet ids, under the kit's name."""
    smaller = dataclasses.replace(ORIGINALS, kit_order=tuple(ORIGINALS.wnids))
    assert "in the order of sorted WordNet ids, which is not the kit's" in refused(kit(smaller, tmp_path))


def test_numbers_from_0_are_refused_with_the_kits_list(tmp_path):
    """They are places among sorted WordNet ids."""
    kit(ORIGINALS, tmp_path)
    numbers = [ORIGINALS.wnids.index(wnid) for wnid in official()]
    write(tmp_path / TRUTH, "".join(f"{number}\n" for number in numbers))
    assert "begin at 0, so they are places among the sorted WordNet ids" in refused(tmp_path)


def test_names_beside_numbers_are_refused_with_the_kits_list(tmp_path):
    """Lists of other programs have them."""
    kit(ORIGINALS, tmp_path)
    write(tmp_path / TRUTH, "".join(f"{image.name} 1\n" for image in ORIGINALS.of("val")))
    assert "names beside numbers" in refused(tmp_path)


def test_the_kits_numbers_are_refused_with_a_sorted_list(tmp_path):
    """Kaggle's list has the other order and would make every label wrong."""
    kaggle(ORIGINALS, tmp_path / "kaggle")
    kit(ORIGINALS, tmp_path / "kit")
    (tmp_path / "kit" / "meta.mat").unlink()
    (tmp_path / "kaggle" / "LOC_val_solution.csv").unlink()
    assert "the two do not go together" in refused(tmp_path / "kit", tmp_path / "kaggle")


def test_kaggles_solution_is_enough_beside_numbers_without_their_list(tmp_path):
    """It names classes, so the numbers are not needed."""
    kaggle(ORIGINALS, tmp_path)
    (kit(ORIGINALS, tmp_path) / "meta.mat").unlink()
    assert told(find_labels(DATASET, "val", [tmp_path])) == official()


def test_numbers_alone_are_not_enough(tmp_path):
    """They need the kit's list."""
    (kit(ORIGINALS, tmp_path) / "meta.mat").unlink()
    assert "only the development kit's meta.mat translates" in refused(tmp_path)


def test_lists_that_contradict_each_other_are_refused(tmp_path):
    """The first contradicting image is named."""
    kit(ORIGINALS, tmp_path)
    before = dict(zip(ORIGINALS.wnids, [ORIGINALS.wnids[-1], *ORIGINALS.wnids], strict=False))
    images = tuple(dataclasses.replace(image, wnid=before[image.wnid]) for image in ORIGINALS.images)
    kaggle(dataclasses.replace(ORIGINALS, images=images), tmp_path)
    undeclared = dataclasses.replace(DATASET, first_classes={})
    with pytest.raises(DataMissing, match=r"ILSVRC2012_val_\d{8} is of class n\d+ by the first and n\d+ by the second"):
        find_labels(undeclared, "val", [tmp_path])


def test_first_images_tell_another_order(tmp_path):
    """Some images of the official classes are known, so a list that contradicts them has another order."""
    other = dataclasses.replace(ORIGINALS, kit_order=(*ORIGINALS.kit_order[1:], ORIGINALS.kit_order[0]))
    kit(ORIGINALS, tmp_path)
    truth = (tmp_path / TRUTH).read_bytes()
    kit(other, tmp_path)
    write(tmp_path / TRUTH, truth)
    assert "the labels are of another order of classes" in refused(tmp_path)


@pytest.mark.parametrize("content", ["5\n6\n700\n", "one\n"])
def test_numbers_that_the_kit_has_not_are_refused(tmp_path, content):
    """Words are refused too."""
    kit(ORIGINALS, tmp_path)
    write(tmp_path / TRUTH, content)
    assert "is no ILSVRC2012_ID" in refused(tmp_path) or "invalid literal" in refused(tmp_path)


def test_a_damaged_kit_is_named(tmp_path):
    """The file is cut short."""
    path = kit(ORIGINALS, tmp_path) / "meta.mat"
    path.write_bytes(path.read_bytes()[:50])
    assert f"{path}: cannot be read as the categories" in refused(tmp_path)


def test_the_kit_of_another_set_is_refused(tmp_path):
    """Its numbers mean other classes."""
    others = make_originals(classes=5, train=1)
    assert "categories are not the 4 of ILSVRC-2012" in refused(kit(others, tmp_path))


@pytest.mark.parametrize(
    "content", ["", "ImageId\nx\n", "ImageId,PredictionString\nx,\n", "ImageId,PredictionString\nx,7 1\n"]
)
def test_a_damaged_solution_is_named(tmp_path, content):
    """It is empty, lacks its column, or has numbers in place of WordNet ids."""
    path = write(tmp_path / "LOC_val_solution.csv", content)
    assert str(path) in refused(tmp_path)


def test_an_unsorted_mapping_is_refused(tmp_path):
    """Kaggle's list is sorted by WordNet id."""
    write(tmp_path / "LOC_synset_mapping.txt", "n02 b\nn01 a\n")
    with pytest.raises(DataMissing, match="not in the order"):
        class_list(DATASET, [tmp_path])
