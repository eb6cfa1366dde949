"""Every layout in use, sound and with typical faults; fixes are commands where possible."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import shutil
import zlib

import pytest
from compact_copies import made
from image_layouts import (
    LAYOUTS,
    class_folders,
    flat_val,
    jpeg,
    kaggle,
    kit,
    make_originals,
    parquet,
    saved,
    tar_bytes,
    tars,
    unpacked_once,
    write,
)  # fmt: skip
from PIL import Image

from harness.errors import Interrupted
from harness.ingest.check import check
from harness.progress import Progress
from harness.stop_signal import StopSignal

ORIGINALS = make_originals()
DATASET = ORIGINALS.declared()


def checked(folder, dataset=DATASET, *, decode=False, **more):
    """Return the document of a check."""
    progress = Progress(io.StringIO())
    return check(dataset, folder, decode=decode, threads=2, progress=progress, stop=StopSignal(), **more).document()


def wrong(document):
    """Return the faults by code."""
    return {finding["code"]: finding for finding in document["findings"] if finding["wrong"]}


def noted(document):
    """Return the notes by code."""
    return {finding["code"]: finding for finding in document["findings"] if not finding["wrong"]}


def only_wrong(document, code):
    """Return the only fault."""
    found = wrong(document)
    assert list(found) == [code], found
    assert not document["usable"]
    return found[code]


def some_image(folder, split="train"):
    """Return the first image of the first class."""
    return min((folder / split).rglob("*.JPEG"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_recognised_and_counted(tmp_path, layout):
    """Every image and class of every split is found, and no damage."""
    document = checked(LAYOUTS[layout](ORIGINALS, tmp_path), decode=True)
    counts = {split["split"]: (split["images"], split["classes"]) for split in document["splits"]}
    assert counts == {"train": (24, 4), "val": (8, 4), "test": (8, 0)}
    assert set(wrong(document)) <= {"form"}
    assert document["usable"] is (layout == "class folders")


def test_parquet_is_recognised_and_counted(tmp_path):
    """The files are named as on Hugging Face."""
    pytest.importorskip("pyarrow")
    document = checked(parquet(ORIGINALS, tmp_path), decode=True)
    counts = {split["split"]: (split["images"], split["classes"]) for split in document["splits"]}
    assert counts == {"train": (24, 4), "val": (8, 4), "test": (8, 0)}
    assert set(wrong(document)) == {"form"}


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "class folders"])
def test_a_sound_set_in_another_layout_is_mended_by_one_command(tmp_path, layout):
    """The command is printed as it is typed."""
    fix = only_wrong(checked(LAYOUTS[layout](ORIGINALS, tmp_path)), "form")["fix"]
    assert fix.startswith(f"python -m harness data prepare ilsvrc2012 {tmp_path} --out ")


def test_the_class_order_is_named(tmp_path):
    """It is that of the kit's numbers, or of sorted WordNet ids."""
    order = {split["split"]: split["order"] for split in checked(flat_val(ORIGINALS, tmp_path))["splits"]}
    assert order["train"] == "place among the sorted WordNet ids"
    assert order["val"].startswith("ILSVRC2012_ID of ")


def test_the_other_year_has_labelled_tests(tmp_path):
    """ILSVRC-2010 is the set of AlexNet's Table 1."""
    originals = make_originals(prefix="ILSVRC2010")
    document = checked(class_folders(originals, tmp_path / "a"), originals.declared("ilsvrc2010"))
    assert document["usable"], wrong(document)
    document = checked(tars(originals, tmp_path / "b"), originals.declared("ilsvrc2010"))
    assert {split["split"]: split["classes"] for split in document["splits"]} == {"train": 4, "val": 4, "test": 4}


def test_grey_and_cmyk_images_are_counted(tmp_path):
    """They are converted when read."""
    document = checked(class_folders(ORIGINALS, tmp_path))
    assert document["usable"]
    assert document["splits"][0]["modes"] == {"CMYK": 2, "L": 3, "RGB": 19}
    found = {found["says"].partition(",")[0]: found["count"] for found in document["findings"]}
    assert (found["train: grey images"], found["train: CMYK images"]) == (3, 2)


def test_a_png_named_jpeg_is_named_and_usable(tmp_path):
    """ImageNet has one, which is read by its content."""
    path = some_image(class_folders(ORIGINALS, tmp_path))
    write(path, saved(Image.open(path), "PNG"))
    document = checked(tmp_path, decode=True)
    assert document["usable"]
    assert noted(document)["misnamed"]["names"] == [f"{path}: PNG"]


@pytest.mark.parametrize(
    ("code", "damage"),
    [
        ("truncated", lambda data: data[: len(data) // 2]),
        ("unreadable", lambda _: b"<html>Not found</html>"),
        ("unreadable", lambda data: bytes(len(data))),
        ("empty", lambda _: b""),
    ],
    ids=["cut short", "a web page", "zeros", "empty"],
)
def test_a_damaged_image_is_found_without_decoding_all(tmp_path, monkeypatch, code, damage):
    """Its header and its end reveal it, and it is named."""
    monkeypatch.setattr("harness.ingest.check.SAMPLE", 0)
    path = some_image(class_folders(ORIGINALS, tmp_path))
    write(path, damage(path.read_bytes()))
    document = checked(tmp_path)
    assert {split["decoded"] for split in document["splits"]} == {0}
    found = only_wrong(document, code)
    assert (found["count"], found["names"][0].startswith(f"{path}: ")) == (1, True)
    assert "--allow-damaged" in found["fix"]


def png_with_damaged_pixels():
    """Return a PNG with a sound header and end."""
    data = saved(Image.effect_noise((64, 64), 50).convert("RGB"), "PNG")
    start = data.index(b"IDAT") + 4
    return data[: start + 100] + bytes(byte ^ 255 for byte in data[start + 100 : start + 200]) + data[start + 200 :]


def test_damage_within_is_found_by_decoding(tmp_path, monkeypatch):
    """`--decode` finds damage that header and end hide; without it, the sample is described as one."""
    monkeypatch.setattr("harness.ingest.check.SAMPLE", 0)
    path = some_image(class_folders(ORIGINALS, tmp_path), "val")
    write(path, png_with_damaged_pixels())
    quick = checked(tmp_path)
    assert quick["usable"]
    assert "0 images were decoded" in noted(quick)["sample"]["says"]
    assert only_wrong(checked(tmp_path, decode=True), "truncated")["names"][0].startswith(str(path))


def test_the_sample_is_seeded(tmp_path, monkeypatch):
    """The same images are decoded every time, about as many as requested."""
    monkeypatch.setattr("harness.ingest.check.SAMPLE", 12)
    decoded = [checked(class_folders(ORIGINALS, tmp_path))["splits"][0]["decoded"] for _ in range(2)]
    assert decoded[0] == decoded[1]
    assert 4 <= decoded[0] <= 20


def test_files_that_macos_left_have_a_command_of_their_own(tmp_path):
    """Archives made on macOS hold one beside every image."""
    path = some_image(class_folders(ORIGINALS, tmp_path))
    write(path.with_name(f"._{path.name}"), b"\0\5\x16\7")
    found = wrong(checked(tmp_path))
    assert found["unreadable"]["fix"].startswith(f"find {tmp_path / 'train'} -name '._*' -delete")


def test_a_missing_image_is_missed(tmp_path):
    """The counts of split and class show it."""
    path = some_image(class_folders(ORIGINALS, tmp_path))
    path.unlink()
    found = wrong(checked(tmp_path))
    assert found["count"]["says"] == "train: 23 images, where ILSVRC-2012 has 24"
    assert found["class size"]["names"] == [f"{path.parent.name}: 5"]


def test_a_missing_class_is_named(tmp_path):
    """The other splits have it."""
    shutil.rmtree(class_folders(ORIGINALS, tmp_path) / "train" / ORIGINALS.wnids[1])
    found = wrong(checked(tmp_path))
    assert found["class missing"]["names"] == [ORIGINALS.wnids[1]]
    assert "its 3 classes are not the 4" in found["classes"]["says"]


def test_an_unknown_class_is_named(tmp_path):
    """The kit's list lacks it."""
    class_folders(ORIGINALS, tmp_path)
    kit(ORIGINALS, tmp_path / "data")
    write(tmp_path / "train" / "n99999999" / "n99999999_1.JPEG", ORIGINALS.images[0].data)
    assert wrong(checked(tmp_path))["class unknown"]["names"] == ["n99999999"]


def test_classes_named_by_number_are_refused(tmp_path):
    """The order of the numbers is unknown."""
    class_folders(ORIGINALS, tmp_path)
    for split in ("train", "val"):
        for number, wnid in enumerate(ORIGINALS.wnids):
            (tmp_path / split / wnid).rename(tmp_path / split / str(number))
    assert "classes" in wrong(checked(tmp_path))


def test_an_image_in_another_class_than_its_name_says(tmp_path):
    """The fix is the command that moves it."""
    path = some_image(class_folders(ORIGINALS, tmp_path))
    there = tmp_path / "train" / ORIGINALS.wnids[3] / path.name
    path.rename(there)
    assert wrong(checked(tmp_path))["misplaced"]["fix"] == f"mv {there} {path}"


def test_images_beside_the_class_folders_are_named(tmp_path):
    """Somebody did not finish sorting them."""
    path = some_image(class_folders(ORIGINALS, tmp_path), "val")
    path.rename(tmp_path / "val" / path.name)
    found = wrong(checked(tmp_path))
    assert found["stray"]["names"] == [str(tmp_path / "val" / path.name)]
    assert found["count"]["says"] == "val: 7 images, where ILSVRC-2012 has 8"


def test_classes_that_are_swapped_in_val_are_noticed(tmp_path):
    """The classes of the first images are known, so another order shows although every count is right."""
    one, other = ORIGINALS.wnids[0], ORIGINALS.wnids[1]
    folder = class_folders(ORIGINALS, tmp_path) / "val"
    for source, target in ((one, "x"), (other, one), ("x", other)):
        (folder / source).rename(folder / target)
    assert "another order of classes" in only_wrong(checked(tmp_path), "order")["says"]


def test_a_missing_split_is_wrong_and_a_missing_test_without_labels_is_not(tmp_path):
    """The test images of 2012 are needed for a submission only."""
    shutil.rmtree(class_folders(ORIGINALS, tmp_path) / "test")
    assert checked(tmp_path)["usable"]
    shutil.rmtree(tmp_path / "val")
    assert only_wrong(checked(tmp_path), "missing")["says"].startswith("val: not there")


def test_the_folder_above_or_below_is_proposed(tmp_path):
    """Naming the wrong one is a frequent slip."""
    class_folders(ORIGINALS, tmp_path / "imagenet")
    expected = f"python -m harness data check ilsvrc2012 {tmp_path / 'imagenet'}"
    for place in (tmp_path, tmp_path / "imagenet" / "train"):
        assert wrong(checked(place))["missing"]["fix"] == expected


def test_flat_val_without_the_kit_says_what_is_missing(tmp_path):
    """The fix unpacks the kit where its archive is at hand."""
    flat_val(ORIGINALS, tmp_path)
    shutil.rmtree(tmp_path / "ILSVRC2012_devkit_t12")
    assert "--kit DIR" in wrong(checked(tmp_path))["unlabelled"]["fix"]
    write(tmp_path / "ILSVRC2012_devkit_t12.tar.gz", b"")
    expected = f"tar xzf {tmp_path / 'ILSVRC2012_devkit_t12.tar.gz'} -C {tmp_path}"
    assert wrong(checked(tmp_path))["unlabelled"]["fix"] == expected


def test_a_kit_elsewhere_can_be_named(tmp_path):
    """Its folder or its meta.mat is named, and the fix names it too."""
    folder = flat_val(ORIGINALS, tmp_path / "images")
    shutil.move(folder / "ILSVRC2012_devkit_t12", tmp_path / "elsewhere")
    for named in (tmp_path / "elsewhere", tmp_path / "elsewhere" / "data" / "meta.mat"):
        found = only_wrong(checked(folder, kit=named), "form")
        assert f"--kit {named}" in found["fix"]


def test_labels_of_the_wrong_order_make_a_split_unusable(tmp_path):
    """A sorted list stands in place of the kit's."""
    flat_val(ORIGINALS, tmp_path)
    kit(ORIGINALS, tmp_path / "ILSVRC2012_devkit_t12" / "data", tuple(ORIGINALS.wnids))
    assert "which is not the kit's" in only_wrong(checked(tmp_path), "unusable")["says"]


def test_an_image_that_the_solution_lacks_is_named(tmp_path):
    """Its label is unknown."""
    kaggle(ORIGINALS, tmp_path)
    lines = (tmp_path / "LOC_val_solution.csv").read_text().splitlines(keepends=True)
    (tmp_path / "LOC_val_solution.csv").write_text("".join(lines[:-1]))
    assert wrong(checked(tmp_path))["unlabelled"]["count"] == 1


@pytest.mark.parametrize("left", [0.97, 0.6, 0.0], ids=["without its end", "within", "empty"])
@pytest.mark.parametrize("split", ["train", "val"])
def test_an_archive_that_is_cut_short_is_refused(tmp_path, split, left):
    """A download has stopped."""
    path = tars(ORIGINALS, tmp_path) / f"ILSVRC2012_img_{split}.tar"
    data = path.read_bytes().rstrip(b"\0")
    path.write_bytes(data[: int(len(data) * left)])
    found = wrong(checked(tmp_path))
    assert str(path) in found["unusable"]["says"]


def test_a_class_archive_that_is_cut_short_is_refused(tmp_path):
    """It was unpacked from the archive of all classes."""
    path = unpacked_once(ORIGINALS, tmp_path) / "train" / f"{ORIGINALS.wnids[2]}.tar"
    path.write_bytes(path.read_bytes()[:3000])
    assert f"{ORIGINALS.wnids[2]}.tar" in wrong(checked(tmp_path))["unusable"]["says"]


def test_a_damaged_image_in_an_archive_is_named(tmp_path):
    """The message has the archive and the name within it."""
    files = [(image.name, image.data) for image in ORIGINALS.of("val")]
    files[3] = (files[3][0], files[3][1][: len(files[3][1]) // 2])
    path = write(tars(ORIGINALS, tmp_path) / "ILSVRC2012_img_val.tar", tar_bytes(files))
    assert wrong(checked(tmp_path))["truncated"]["names"][0].startswith(f"{path}:{files[3][0]}: ")


def test_an_archive_is_compared_with_its_official_digest(tmp_path):
    """This happens where everything is read anyway."""
    path = tars(ORIGINALS, tmp_path) / "ILSVRC2012_img_val.tar"
    official = hashlib.md5(path.read_bytes()).hexdigest()
    sound = dataclasses.replace(DATASET, archive_md5={"val": official})
    assert "by its MD5" in noted(checked(tmp_path, sound, decode=True))["archive"]["says"]
    other = dataclasses.replace(DATASET, archive_md5={"val": "0" * 32})
    assert official in wrong(checked(tmp_path, other, decode=True))["archive"]["says"]
    assert "archive" not in wrong(checked(tmp_path, other))


def test_images_packed_by_gzip_are_named(tmp_path):
    """Some of ILSVRC-2010 are; runs cannot read them, and a copy unpacks them."""
    path = some_image(class_folders(ORIGINALS, tmp_path))
    write(path, gzip.compress(path.read_bytes()))
    found = only_wrong(checked(tmp_path), "gzipped")
    assert found["names"] == [str(path)]
    assert found["fix"].startswith("python -m harness data prepare ilsvrc2012")
    write(path, path.read_bytes()[:-20])
    assert "unreadable" in wrong(checked(tmp_path))


def test_replacements_of_the_release_have_to_be_in_place(tmp_path):
    """A copy applies the archive of replacements beside the images."""
    folder, image = class_folders(ORIGINALS, tmp_path), ORIGINALS.of("train")[4]
    patch = ORIGINALS.of("train")[5].data
    write(tmp_path / "patch_images.tar", tar_bytes([(f"patch_images/train/{image.name}", patch)]))
    place = folder / "train" / image.wnid / image.name
    assert only_wrong(checked(tmp_path), "patches")["names"] == [str(place)]
    write(place, patch)
    assert checked(tmp_path)["usable"]


def test_a_rescaled_copy_without_a_manifest_is_noticed(tmp_path):
    """Counts and classes do not distinguish it from the original."""
    originals = make_originals(train=10)
    for image in class_folders(originals, tmp_path).rglob("*.JPEG"):
        write(image, jpeg(Image.open(image).convert("RGB").resize((60, 32))))
    found = wrong(checked(tmp_path, originals.declared()))
    assert found["rescaled"]["says"].endswith(
        "have a shorter side of 32 pixels: a rescaled copy, and no manifest says how"
    )
    assert not wrong(checked(class_folders(originals, tmp_path / "original"), originals.declared()))


def test_a_set_of_round_numbers_is_said_to_be_one(tmp_path):
    """The release of 2011 has no exact counts."""
    originals = make_originals()
    for image in originals.of("train"):
        write(tmp_path / "train" / image.wnid / image.name, image.data)
    from harness.data import DATASETS

    document = checked(tmp_path, DATASETS["imagenet_fall2011"])
    assert "only round numbers are known" in noted(document)["round"]["says"]
    assert document["usable"]


def test_a_copy_of_a_set_of_round_numbers_is_usable(tmp_path):
    """No copy of it is official, which is no fault."""
    from harness.data import DATASETS

    dataset = DATASETS["imagenet_fall2011"]
    for image in ORIGINALS.of("train"):
        write(tmp_path / "original" / "train" / image.wnid / image.name, image.data)
    made(tmp_path / "original", tmp_path / "copy", dataset=dataset)
    document = checked(tmp_path / "copy", dataset, decode=True)
    assert document["usable"]
    assert "no exact list of" in noted(document)["not official"]["says"]


def test_a_copy_of_a_part_is_not_the_official_set(tmp_path):
    """The finding names the missing splits."""
    made(class_folders(ORIGINALS, tmp_path / "original"), tmp_path / "copy", splits=("train",))
    found = wrong(checked(tmp_path / "copy"))
    assert found["not official"]["says"] == "a prepared copy of what was not official: val is not in it"
    assert "missing" in found


def test_a_signal_stops_it(tmp_path):
    """It stops between two images."""
    stop = StopSignal(number=2)
    with pytest.raises(Interrupted):
        check(
            DATASET,
            class_folders(ORIGINALS, tmp_path),
            decode=False,
            threads=1,
            progress=Progress(io.StringIO()),
            stop=stop,
        )


def test_names_of_many_are_kept_up_to_a_bound(tmp_path, monkeypatch):
    """The others are counted."""
    monkeypatch.setattr("harness.ingest.image_finding.KEPT", 3)
    for image in class_folders(ORIGINALS, tmp_path).rglob("train/*/*.JPEG"):
        image.write_bytes(b"")
    found = only_wrong(checked(tmp_path), "empty")
    assert (found["count"], len(found["names"])) == (24, 3)


def test_the_damaged_png_is_one(tmp_path):
    """Its pixels are damaged, its header is not."""
    with pytest.raises((OSError, zlib.error)), Image.open(io.BytesIO(png_with_damaged_pixels())) as image:
        image.load()
