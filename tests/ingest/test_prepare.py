"""The compact copy: the same bytes from every layout, nothing silently left out, the originals unchanged."""

from __future__ import annotations

import dataclasses
import errno
import gzip
import hashlib
import io
import json
import os
import shutil
from pathlib import Path

import pytest
from compact_copies import COMPACT, DATASET, ORIGINALS, contents, made
from image_layouts import (
    LAYOUTS,
    class_folders,
    flat_val,
    jpeg,
    kaggle,
    make_originals,
    parquet,
    saved,
    tar_bytes,
    tars,
    write,
)
from PIL import Image

from harness.data.prepared import CopyFiles
from harness.errors import DataMissing, HarnessError, Interrupted, UsageError
from harness.ingest.encode import Compact
from harness.ingest.piece_records import read_record
from harness.progress import Progress
from harness.stop_signal import StopSignal


def images(folder: Path) -> dict[str, str]:
    """Return the digest of every image."""
    return {name: digest for name, digest in contents(folder).items() if not name.startswith("prepared/")}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Return the copy of the set in class folders."""
    folder = tmp_path_factory.mktemp("reference")
    made(class_folders(ORIGINALS, folder / "original"), folder / "copy")
    return folder / "copy"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_copy(tmp_path, reference, layout):
    """Names and bytes are equal, and the originals stay unchanged."""
    folder = LAYOUTS[layout](ORIGINALS, tmp_path / "original")
    before = contents(folder)
    copy = made(folder, tmp_path / "copy")
    assert images(tmp_path / "copy") == images(reference)
    assert copy.manifest["source"]["official"]
    assert contents(folder) == before


def test_parquet_gives_the_same_copy(tmp_path, reference):
    """Hugging Face's file names are converted back to the original ones."""
    pytest.importorskip("pyarrow")
    made(parquet(ORIGINALS, tmp_path / "original"), tmp_path / "copy")
    assert images(tmp_path / "copy") == images(reference)


def test_images_are_reduced_and_never_enlarged(reference):
    """A grey or RGB JPEG that is small enough stays the same byte for byte."""
    for image in ORIGINALS.of("train"):
        copy = reference / "train" / image.wnid / image.name
        with Image.open(io.BytesIO(image.data)) as old, Image.open(copy) as new:
            assert min(new.size) == min(48, *old.size)
            assert (new.format, new.mode) == ("JPEG", "L" if old.mode == "L" else "RGB")
            small = min(old.size) <= 48 and old.mode != "CMYK"
        assert (copy.read_bytes() == image.data) is small


def test_the_manifest_says_what_was_made_of_what(reference):
    """It holds the digests of every original and copy, and the difference of pixels."""
    files = CopyFiles(reference)
    manifest = json.loads(files.manifest.read_bytes())
    assert manifest["source"]["forms"] == {"train": "class folders", "val": "class folders", "test": "flat folder"}
    assert (manifest["copy"]["short_side"], manifest["copy"]["quality"]) == (48, 90)
    assert manifest["splits"]["train"]["images"] == 24
    assert 0 < manifest["difference"]["sides"]["48"]["mean"] < 10
    assert manifest["difference"]["images"] == 40
    for image in ORIGINALS.of("train"):
        entries = {entry.name: entry for entry in read_record(files.record("train", image.wnid))}
        entry = entries[f"{image.wnid}/{image.name}"]
        assert entry.source_sha256 == hashlib.sha256(image.data).hexdigest()
        assert entry.sha256 == hashlib.sha256((reference / "train" / entry.name).read_bytes()).hexdigest()


def test_the_manifest_is_the_same_from_run_to_run(tmp_path, reference):
    """It does not depend on day or folder."""
    made(class_folders(ORIGINALS, tmp_path / "elsewhere"), tmp_path / "copy", threads=1)
    assert contents(tmp_path / "copy") == contents(reference)


def test_unchanged_files_are_sorted_only(tmp_path):
    """Every byte stays, so no pixel differs."""
    copy = made(kaggle(ORIGINALS, tmp_path / "original"), tmp_path / "copy", Compact(None, 90))
    expected = class_folders(ORIGINALS, tmp_path / "expected")
    assert images(tmp_path / "copy") == contents(expected)
    assert copy.manifest["difference"] is None
    assert copy.differs == "none, for the files are as they were"


def test_a_png_named_jpeg_becomes_a_jpeg(tmp_path):
    """A PNG with its own suffix is renamed."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    one, other = sorted((folder / "train" / ORIGINALS.wnids[0]).iterdir())[:2]
    write(one, saved(Image.open(one), "PNG"))
    write(other.with_suffix(".png"), saved(Image.open(other).convert("RGBA"), "PNG"))
    other.unlink()
    made(folder, tmp_path / "copy")
    for name in (one.name, other.name):
        with Image.open(tmp_path / "copy" / "train" / ORIGINALS.wnids[0] / name) as image:
            assert image.format == "JPEG"


def test_an_image_without_a_class_is_refused(tmp_path):
    """The solution lacks its line."""
    kaggle(ORIGINALS, tmp_path / "original")
    path = tmp_path / "original" / "LOC_val_solution.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(DataMissing, match="its class is unknown"):
        made(tmp_path / "original", tmp_path / "copy")


def test_an_image_in_another_class_than_its_name_says_is_refused(tmp_path):
    """Counts would not show it."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    path = next((folder / "train" / ORIGINALS.wnids[0]).iterdir())
    path.rename(folder / "train" / ORIGINALS.wnids[1] / path.name)
    with pytest.raises(DataMissing, match=f"lies in class {ORIGINALS.wnids[1]}"):
        made(folder, tmp_path / "copy")


def test_two_images_of_one_name_are_refused(tmp_path):
    """One would be lost."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    path = next((folder / "train" / ORIGINALS.wnids[0]).iterdir())
    write(path.with_suffix(".png"), saved(Image.open(path).convert("RGB"), "PNG"))
    with pytest.raises(DataMissing, match="two images that the copy would name"):
        made(folder, tmp_path / "copy")


def damaged_set(folder: Path) -> Path:
    """Return a set whose third training image is cut short."""
    image = ORIGINALS.of("train")[2]
    write(class_folders(ORIGINALS, folder) / "train" / image.wnid / image.name, image.data[:700])
    return folder


def test_a_damaged_image_stops_it_by_name(tmp_path):
    """With a sound image in its place, the same command goes on; nothing is left out unless allowed."""
    folder, image = damaged_set(tmp_path / "original"), ORIGINALS.of("train")[2]
    with pytest.raises(DataMissing, match=f"{image.wnid}/{image.name} is damaged .*truncated"):
        made(folder, tmp_path / "copy")
    assert not CopyFiles(tmp_path / "copy").manifest.exists()
    write(folder / "train" / image.wnid / image.name, image.data)
    assert made(folder, tmp_path / "copy").manifest["source"]["official"]


def test_damaged_images_may_be_left_out_and_are_named(tmp_path):
    """They may be left out up to the declared share; the copy is then not official."""
    folder, image = damaged_set(tmp_path / "original"), ORIGINALS.of("train")[2]
    copy = made(folder, tmp_path / "copy", allow_damaged=0.025)
    damaged = copy.manifest["splits"]["train"]["damaged"]
    assert [one["name"] for one in damaged] == [f"{image.wnid}/{image.name}"]
    assert not (tmp_path / "copy" / "train" / image.wnid / image.name).exists()
    assert copy.manifest["source"]["official"] is False
    assert copy.manifest["source"]["reason"] == "1 damaged images of train were left out"


def test_more_damaged_images_than_allowed_stop_it(tmp_path):
    """The share is of all images of all splits: one of forty is more than 2.4%."""
    with pytest.raises(DataMissing, match=r"1 of 40 images so far, where --allow-damaged is 0.024"):
        made(damaged_set(tmp_path / "original"), tmp_path / "copy", allow_damaged=0.024)


def test_a_sound_image_in_place_of_a_damaged_one_is_taken(tmp_path):
    """The finished copy is prepared again."""
    folder, image = damaged_set(tmp_path / "original"), ORIGINALS.of("train")[2]
    made(folder, tmp_path / "copy", allow_damaged=0.1)
    write(folder / "train" / image.wnid / image.name, image.data)
    copy = made(folder, tmp_path / "copy", allow_damaged=0.1)
    assert copy.manifest["source"]["official"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stops_it_cleanly(tmp_path, monkeypatch, reference, code):
    """It reports how far it came, and the same command ends in the same bytes."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    from harness.ingest import shelves as module

    def filling(path: Path, content: bytes) -> None:
        if "val" in str(path):
            raise OSError(code, os.strerror(code), str(path))
        kept(path, content)

    kept = module.write_atomically
    monkeypatch.setattr(module, "write_atomically", filling)
    with pytest.raises(HarnessError, match=r"the disk is full after \d+ of about 40 images"):
        made(folder, tmp_path / "copy")
    monkeypatch.undo()
    made(folder, tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(reference)


def test_too_little_room_is_said_before_it_starts(tmp_path, monkeypatch):
    """The message gives the need and says that a sample was used to estimate it."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6 - 10**4, 10**4))
    with pytest.raises(UsageError, match=r"needs about \d+ kB \(estimated from \d+ images\), and 10 kB are free"):
        made(folder, tmp_path / "copy")
    assert images(tmp_path / "copy") == {}


def test_the_room_is_said_before_it_starts(tmp_path):
    """The estimate is near the final size."""
    said = io.StringIO()
    made(class_folders(ORIGINALS, tmp_path / "original"), tmp_path / "copy", progress=Progress(said))
    assert (
        "about 40 images (train from class folders, val from class folders, test from flat folder)" in said.getvalue()
    )
    assert "kB on disk (estimated from " in said.getvalue()


def test_a_signal_stops_it_between_two_images(tmp_path, reference):
    """The copy can be resumed."""
    folder, stop = class_folders(ORIGINALS, tmp_path / "original"), StopSignal(number=15)
    with pytest.raises(Interrupted, match="the same command goes on"):
        made(folder, tmp_path / "copy", stop=stop)
    made(folder, tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(reference)


@pytest.mark.parametrize("change", ["lost", "cut", "record", "temporary", "temporary record"])
def test_what_was_spoilt_meanwhile_is_done_again(tmp_path, reference, change):
    """A missing or short file, a damaged record and a left-over temporary file are tried."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    made(folder, tmp_path / "copy")
    path = next((tmp_path / "copy" / "train" / ORIGINALS.wnids[1]).iterdir())
    match change:
        case "lost":
            path.unlink()
        case "cut":
            path.write_bytes(path.read_bytes()[:10])
        case "record":
            record = CopyFiles(tmp_path / "copy").record("train", ORIGINALS.wnids[1])
            record.write_bytes(record.read_bytes()[:-20])
        case "temporary":
            path.with_name(f".{path.name}.x1y2").write_bytes(b"half")
        case "temporary record":
            (tmp_path / "copy" / "prepared" / "train" / ".n1.jsonl.x1y2").write_bytes(b"half")
    made(folder, tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(reference)


def test_what_is_done_is_not_done_again(tmp_path, monkeypatch):
    """A second run changes no file."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    made(folder, tmp_path / "copy")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").rglob("*.JPEG")}
    made(folder, tmp_path / "copy")
    assert stamps == {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").rglob("*.JPEG")}


@pytest.mark.parametrize("other", [Compact(32, 90), Compact(48, 80), Compact(None, 90)])
def test_a_copy_made_otherwise_is_not_gone_on_with(tmp_path, other):
    """It would mix two settings."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    made(folder, tmp_path / "copy")
    with pytest.raises(UsageError, match="with other settings"):
        made(folder, tmp_path / "copy", other)


def test_a_folder_with_something_else_in_it_is_refused(tmp_path):
    """Nobody's files are overwritten."""
    write(tmp_path / "copy" / "thesis.txt", "mine")
    with pytest.raises(UsageError, match=r"holds thesis.txt"):
        made(class_folders(ORIGINALS, tmp_path / "original"), tmp_path / "copy")


@pytest.mark.parametrize("out", [".", "train", "train/n10000000", ".."])
def test_the_originals_are_never_written_to(tmp_path, out):
    """A copy is refused among them and around them, where it would be taken for them."""
    folder = class_folders(ORIGINALS, tmp_path / "sets" / "original")
    before = contents(folder)
    if out == "..":
        made(folder, tmp_path / "sets" / "copy")
    else:
        with pytest.raises(UsageError, match="lies among the originals"):
            made(folder, folder / out)
    assert contents(folder) == before


def test_a_copy_is_no_original(tmp_path, reference):
    """Two losses would add up silently."""
    with pytest.raises(UsageError, match="is a prepared copy itself"):
        made(reference, tmp_path / "copy")


def test_one_split_alone_is_not_the_official_set(tmp_path):
    """The reason names the missing split."""
    copy = made(class_folders(ORIGINALS, tmp_path / "original"), tmp_path / "copy", splits=("val",))
    assert list(copy.manifest["splits"]) == ["val"]
    assert copy.manifest["source"]["reason"] == "train is not in it"


def test_a_split_that_is_not_there_is_refused(tmp_path):
    """The message has the command that shows more."""
    shutil.rmtree(class_folders(ORIGINALS, tmp_path / "original") / "val")
    with pytest.raises(DataMissing, match=r"no val of ILSVRC-2012 is there; python -m harness data check"):
        made(tmp_path / "original", tmp_path / "copy", splits=("train", "val"))


def test_images_whose_class_nothing_tells_are_refused(tmp_path):
    """The error comes before anything is copied."""
    shutil.rmtree(flat_val(ORIGINALS, tmp_path / "original") / "ILSVRC2012_devkit_t12")
    with pytest.raises(DataMissing, match="the classes of its images are unknown"):
        made(tmp_path / "original", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"class_list_digest": "0" * 64}, "the 4 classes of train are not the 4 of ILSVRC-2012"),
        ({"splits": {"train": 25, "val": 8, "test": 8}}, "24 images in train, where ILSVRC-2012 has 25"),
        ({"exact": False}, "no exact list of"),
        ({"first_classes": {"val": ("n1",)}}, "another order of classes"),
    ],
)
def test_what_is_not_the_official_set_is_not_taken_for_it(tmp_path, changes, reason):
    """Classes, counts, known facts and first images are checked."""
    declared = dataclasses.replace(DATASET, **changes)
    copy = made(class_folders(ORIGINALS, tmp_path / "original"), tmp_path / "copy", dataset=declared)
    assert copy.manifest["source"]["official"] is False
    assert reason in copy.manifest["source"]["reason"]


@pytest.mark.parametrize("compact", [COMPACT, Compact(None, 90)])
def test_images_packed_by_gzip_are_unpacked(tmp_path, compact):
    """The copy is that of the image within, as for some images of ILSVRC-2010."""
    folder, image = class_folders(ORIGINALS, tmp_path / "original"), ORIGINALS.of("train")[0]
    made(folder, tmp_path / "plain", compact)
    packed = write(folder / "train" / image.wnid / image.name, gzip.compress(image.data))
    manifest = made(folder, tmp_path / "packed", compact).manifest
    assert images(tmp_path / "packed") == images(tmp_path / "plain")
    record = CopyFiles(tmp_path / "packed").record("train", image.wnid)
    entry = next(one for one in read_record(record) if one.name.endswith(image.name))
    assert entry.source_sha256 == hashlib.sha256(packed.read_bytes()).hexdigest()
    assert manifest["splits"]["train"]["unpacked"] == (compact.short_side is None)


@pytest.mark.parametrize("layout", [class_folders, tars], ids=["class folders", "archives"])
def test_images_that_the_release_replaced_are_replaced(tmp_path, layout):
    """Each comes from the archive of replacements, for its own split."""
    folder, image = layout(ORIGINALS, tmp_path / "original"), ORIGINALS.of("val")[3]
    patch = ORIGINALS.of("val")[4].data
    files = [(f"patch_images/val/{image.name}", patch), (f"patch_images/train/{ORIGINALS.of('val')[0].name}", b"x")]
    write(folder / "patch_images.tar", tar_bytes(files))
    made(folder, tmp_path / "copy", Compact(None, 90))
    assert (tmp_path / "copy" / "val" / image.wnid / image.name).read_bytes() == patch
    other = ORIGINALS.of("val")[0]
    assert (tmp_path / "copy" / "val" / other.wnid / other.name).read_bytes() == other.data


def test_a_rescaled_set_is_no_official_source(tmp_path):
    """Its scaling is unknown, although classes and counts are right."""
    originals = make_originals(train=20)
    for image in class_folders(originals, tmp_path / "original").rglob("*.JPEG"):
        write(image, jpeg(Image.open(image).convert("RGB").resize((90, 64))))
    copy = made(tmp_path / "original", tmp_path / "copy", dataset=originals.declared())
    assert copy.manifest["source"]["official"] is False
    assert "have a shorter side of 64 pixels: a rescaled copy" in copy.manifest["source"]["reason"]


def test_an_image_that_left_the_source_meanwhile_is_noticed(tmp_path):
    """Its copy would stay behind."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    made(folder, tmp_path / "copy")
    gone = next((folder / "train" / ORIGINALS.wnids[0]).iterdir())
    gone.unlink()
    CopyFiles(tmp_path / "copy").record("train", ORIGINALS.wnids[0]).unlink()
    with pytest.raises(HarnessError, match="holds 6 images, where 5 were copied"):
        made(folder, tmp_path / "copy")


def test_orientation_and_comments_are_dropped(tmp_path):
    """Training ignores them, and other programs would turn the image."""
    folder = class_folders(ORIGINALS, tmp_path / "original")
    path = next((folder / "train" / ORIGINALS.wnids[0]).iterdir())
    exif = Image.Exif()
    exif[0x0112] = 6
    write(path, jpeg(Image.effect_noise((90, 60), 30).convert("RGB"), exif=exif, comment=b"mine"))
    made(folder, tmp_path / "copy")
    with Image.open(tmp_path / "copy" / path.relative_to(folder)) as image:
        assert dict(image.getexif()) == {}
        assert "comment" not in image.info
        assert image.size == (72, 48)


def test_two_processes_do_not_make_one_copy(tmp_path):
    """The second is refused."""
    import fcntl

    folder, files = class_folders(ORIGINALS, tmp_path / "original"), CopyFiles(tmp_path / "copy")
    files.lock.parent.mkdir(parents=True)
    with files.lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another process is making this copy"):
            made(folder, tmp_path / "copy")


def test_an_archive_that_is_cut_short_is_refused(tmp_path):
    """A copy of a part would be taken for one of the whole."""
    path = tars(ORIGINALS, tmp_path / "original") / "ILSVRC2012_img_train.tar"
    path.write_bytes(path.read_bytes()[:40_000])
    with pytest.raises(DataMissing, match="cut short"):
        made(tmp_path / "original", tmp_path / "copy")
