"""Hugging Face's parquet files, and the message where pyarrow, which reads them, is not installed."""

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
    """The package does not require it, because few need it."""
    write(tmp_path / "data" / "train-00000-of-00001.parquet", b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DataMissing, match=r"reading parquet needs pyarrow; pip install 'paper-harness\[parquet\]'"):
        find_source(DATASET, tmp_path, "train")


def test_no_such_file_is_no_source(tmp_path):
    """The search imports nothing."""
    assert parquet_source(tmp_path, "train", lambda: None, labelled=True) is None


def images(folder, split):
    """Return (name, class) of every image."""
    source = find_source(DATASET, folder, split)
    assert source is not None
    return [(image.name, image.wnid) for image in source.images()]


@pytest.mark.parametrize("listed", [False, True], ids=["by file names", "by a list"])
@pytest.mark.parametrize("split", ["train", "val"])
def test_labels_and_names_are_the_originals(tmp_path, split, listed):
    """A list of classes may be at hand or not."""
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
    """The kit's numbers stand in place of places among sorted WordNet ids."""
    pytest.importorskip("pyarrow")
    parquet(ORIGINALS, tmp_path, labels=list(ORIGINALS.kit_order))
    if listed:
        write(tmp_path / "LOC_synset_mapping.txt", "".join(f"{name} words\n" for name in ORIGINALS.wnids))
    with pytest.raises(DataMissing, match="not places among the sorted WordNet ids"):
        images(tmp_path, "train")


def test_a_missing_file_is_missed(tmp_path):
    """The files' names give their number."""
    pytest.importorskip("pyarrow")
    (parquet(ORIGINALS, tmp_path) / "data" / "train-00001-of-00002.parquet").unlink()
    with pytest.raises(DataMissing, match="1 of the 2 files"):
        find_source(DATASET, tmp_path, "train")


@pytest.mark.parametrize("left", [0, 100, -100])
def test_a_damaged_file_is_named(tmp_path, left):
    """It is empty or cut short."""
    pytest.importorskip("pyarrow")
    path = parquet(ORIGINALS, tmp_path) / "data" / "train-00000-of-00002.parquet"
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DataMissing, match=r"train-00000-of-00002.parquet: cannot be read as parquet"):
        find_source(DATASET, tmp_path, "train")


def test_other_columns_are_named(tmp_path):
    """They may come from another converted set."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    (tmp_path / "data").mkdir()
    files.write_table(pa.table({"img": [1], "fine_label": [2]}), tmp_path / "data" / "train-00000-of-00001.parquet")
    with pytest.raises(DataMissing, match="has the columns fine_label, img; image and label are expected"):
        find_source(DATASET, tmp_path, "train")


def shard(folder, name, rows, kind=None, label=None):
    """Write one file of rows (image, label); `kind` and `label` are arrow types."""
    import pyarrow as pa
    from pyarrow import parquet as files

    images, labels = zip(*rows, strict=True)
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(images, kind or struct), "label": pa.array(labels, label)})
    (folder / "data").mkdir(exist_ok=True)
    files.write_table(table, folder / "data" / name)
    return folder


def rows_of(split, *, label, path=True):
    """Return the images of a split as rows, with labels from a function."""
    found = ORIGINALS.of(split)
    return [({"bytes": one.data, "path": one.name} if path else one.data, label(one)) for one in found]


def test_labels_of_text_may_be_wordnet_ids(tmp_path):
    """They involve no list and no order."""
    pytest.importorskip("pyarrow")
    shard(tmp_path, "validation-00000-of-00001.parquet", rows_of("val", label=lambda image: image.wnid))
    source = find_source(DATASET, tmp_path, "val")
    assert source.order == "WordNet ids in the rows, so no order is involved"
    assert images(tmp_path, "val") == [(image.name, image.wnid) for image in ORIGINALS.of("val")]


def test_labels_of_words_beside_names_that_tell_the_class_are_read(tmp_path):
    """Names of training images begin with their class."""
    pytest.importorskip("pyarrow")
    shard(tmp_path, "train-00000-of-00001.parquet", rows_of("train", label=lambda _: "tench, Tinca tinca"))
    assert images(tmp_path, "train") == [(image.name, image.wnid) for image in ORIGINALS.of("train")]


def test_labels_of_words_alone_are_said_to_be_words(tmp_path):
    """The file is sound, so fetching it again would not help."""
    pytest.importorskip("pyarrow")
    shard(tmp_path, "validation-00000-of-00001.parquet", rows_of("val", label=lambda _: "tench, Tinca tinca"))
    with pytest.raises(DataMissing, match=r"its labels are words \('tench, Tinca tinca'\)") as refused:
        images(tmp_path, "val")
    assert "fetch it again" not in str(refused.value)


@pytest.mark.parametrize("large", [False, True])
def test_plain_bytes_beside_a_column_of_names_are_read(tmp_path, large):
    """Another upload has this form."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    kind = pa.large_binary() if large else pa.binary()
    found = ORIGINALS.of("train")
    table = pa.table({
        "image": pa.array([image.data for image in found], kind),
        "file_name": [image.name for image in found],
        "label": [ORIGINALS.wnids.index(image.wnid) for image in found],
    })  # fmt: skip
    (tmp_path / "data").mkdir()
    files.write_table(table, tmp_path / "data" / "train-00000-of-00001.parquet")
    source = find_source(DATASET, tmp_path, "train")
    assert [(image.name, image.wnid, image.open().read()) for image in source.images()] == [
        (image.name, image.wnid, image.data) for image in found
    ]


def test_plain_bytes_without_names_are_said_to_be_so(tmp_path):
    """Images are identified by their names."""
    pa = pytest.importorskip("pyarrow")
    shard(tmp_path, "train-00000-of-00001.parquet", rows_of("train", label=lambda _: 0, path=False), kind=pa.binary())
    with pytest.raises(DataMissing, match="its column image is plain bytes without file names") as refused:
        find_source(DATASET, tmp_path, "train")
    assert "fetch it again" not in str(refused.value)


@pytest.mark.parametrize(
    ("image", "label", "says"), [("text", 0, "its column image is string"), (None, 0.5, "its column label is double")]
)
def test_columns_of_another_kind_are_named(tmp_path, image, label, says):
    """The message gives the expected type."""
    pa = pytest.importorskip("pyarrow")
    kind = None if image is None else pa.string()
    row = image or {"bytes": b"x", "path": "n01440764_1.JPEG"}
    shard(tmp_path, "train-00000-of-00001.parquet", [(row, label)], kind)
    with pytest.raises(DataMissing, match=says):
        find_source(DATASET, tmp_path, "train")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (
            ["train-00000-of-00002", "train-00001-of-00003"],
            "several uploads are mixed, 1 -of-00002 and 1 -of-0",
        ),
        (
            ["train-00000-of-00001", "train-all"],
            "several uploads are mixed, 1 -of-00001 and 1 without a",
        ),
        (
            ["train-00000-of-00002-0a", "train-00000-of-00002-0b"],
            "0b.parquet: is the same part as train-00000-of-",
        ),
        (["train-00000-of-00003", "train-00002-of-00003"], "2 of the 3 files of train-00000-of-00003.parquet"),
    ],
)
def test_files_of_two_uploads_are_told_apart(tmp_path, names, says):
    """Each file is sound, but together they are no set."""
    pytest.importorskip("pyarrow")
    for name in names:
        shard(tmp_path, f"{name}.parquet", rows_of("train", label=lambda image: ORIGINALS.wnids.index(image.wnid)))
    with pytest.raises(DataMissing, match=says):
        find_source(DATASET, tmp_path, "train")


def test_a_row_without_an_image_is_said_to_have_none(tmp_path):
    """A null image has no name either."""
    pytest.importorskip("pyarrow")
    shard(tmp_path, "train-00000-of-00001.parquet", [(None, 0), *rows_of("train", label=lambda _: 0)])
    with pytest.raises(DataMissing, match="have no file names"):
        images(tmp_path, "train")
