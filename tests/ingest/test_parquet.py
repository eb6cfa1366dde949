"""Hugging Face's parquet files, and what is said where pyarrow, which reads them, is not installed."""

from __future__ import annotations

import sys

import pytest
from image_layouts import kaggle, make_originals, parquet, write

from harness.errors import DataMissing
from harness.ingest.layouts import find_source
from harness.ingest.parquet import parquet_source

ORIGINALS = make_originals(train=3, val=2, test=1)
DATASET = ORIGINALS.declared()


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    """The package does without it, for few need it."""
    write(tmp_path / "data" / "train-00000-of-00001.parquet", b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DataMissing, match=r"reading parquet needs pyarrow; pip install 'paper-harness\[parquet\]'"):
        find_source(DATASET, tmp_path, "train")


def test_no_such_file_is_no_source(tmp_path):
    """Nothing is imported to see that."""
    assert parquet_source(tmp_path, "train", lambda: None, labelled=True) is None


def images(folder, split):
    """(name, class) of every image."""
    source = find_source(DATASET, folder, split)
    assert source is not None
    return [(image.name, image.wnid) for image in source.images()]


@pytest.mark.parametrize("listed", [False, True], ids=["by file names", "by a list"])
@pytest.mark.parametrize("split", ["train", "val"])
def test_labels_and_names_are_the_originals(tmp_path, split, listed):
    """With and without a list of classes at hand."""
    pytest.importorskip("pyarrow")
    parquet(ORIGINALS, tmp_path)
    if listed:
        kaggle(make_originals(train=1), tmp_path / "kaggle")
        (tmp_path / "kaggle" / "LOC_synset_mapping.txt").rename(tmp_path / "LOC_synset_mapping.txt")
    assert images(tmp_path, split) == [(image.name, image.wnid) for image in ORIGINALS.of(split)]


def test_the_test_images_have_no_class(tmp_path):
    """Their labels were never published."""
    pytest.importorskip("pyarrow")
    assert images(parquet(ORIGINALS, tmp_path), "test") == [(image.name, None) for image in ORIGINALS.of("test")]


@pytest.mark.parametrize("listed", [False, True])
def test_labels_of_another_order_are_refused(tmp_path, listed):
    """The kit's numbers where places among the sorted WordNet ids are expected."""
    pytest.importorskip("pyarrow")
    parquet(ORIGINALS, tmp_path, labels=list(ORIGINALS.kit_order))
    if listed:
        write(tmp_path / "LOC_synset_mapping.txt", "".join(f"{name} words\n" for name in ORIGINALS.wnids))
    with pytest.raises(DataMissing, match="not places among the sorted WordNet ids"):
        images(tmp_path, "train")


def test_a_missing_file_is_missed(tmp_path):
    """Their names say how many there are."""
    pytest.importorskip("pyarrow")
    (parquet(ORIGINALS, tmp_path) / "data" / "train-00001-of-00002.parquet").unlink()
    with pytest.raises(DataMissing, match="1 of the 2 files"):
        find_source(DATASET, tmp_path, "train")


@pytest.mark.parametrize("left", [0, 100, -100])
def test_a_damaged_file_is_named(tmp_path, left):
    """Empty, or cut short."""
    pytest.importorskip("pyarrow")
    path = parquet(ORIGINALS, tmp_path) / "data" / "train-00000-of-00002.parquet"
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DataMissing, match=r"train-00000-of-00002.parquet: cannot be read as parquet"):
        find_source(DATASET, tmp_path, "train")


def test_other_columns_are_named(tmp_path):
    """As of another set that was converted."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    (tmp_path / "data").mkdir()
    files.write_table(pa.table({"img": [1], "fine_label": [2]}), tmp_path / "data" / "train-00000-of-00001.parquet")
    with pytest.raises(DataMissing, match="has the columns fine_label, img; image and label are expected"):
        find_source(DATASET, tmp_path, "train")
