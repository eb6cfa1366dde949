"""Tests of reading images from packs: pixels of class folders to the bit, and errors that name pack and image."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from image_layouts import class_folders, make_originals
from packed_copies import FORMS, flip, in_every_form, opened
from programs import environment

from harness.data.jitter import windows
from harness.data.packs import PackedImage, pack_path, write_index
from harness.data.spec import Augmentation, Prepare
from harness.data.splits import prefetch
from harness.data.statistics import pixel_statistics
from harness.errors import DataMissing

ORIGINALS = make_originals()
JITTER = Augmentation(crops=True, flips=True, colour_std=0, mean="centre_crop", jitter=(32, 48))


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Copy a miniature with grey and CMYK images in every form."""
    folder = tmp_path_factory.mktemp("copies")
    return in_every_form(class_folders(ORIGINALS, folder / "original"), folder)


@pytest.fixture
def copy(request: pytest.FixtureRequest, copies: dict[str, Path], tmp_path: Path) -> Path:
    """Return a packed copy to damage."""
    return shutil.copytree(copies[request.param], tmp_path / request.param)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "prepare",
    [Prepare(short_side=48, center=48), Prepare(short_side=32, center=28, pad=2), Prepare(short_side=40)],
    ids=["as stored", "smaller", "whole"],
)
def test_pixels_are_those_of_class_folders(copies, form, prepare) -> None:
    """Prepared images, their sizes and their batches are equal to the bit, grey ones included."""
    theirs, ours = (opened(copies[name], "train", prepare) for name in ("folders", form))
    assert (ours.pixels.sizes == theirs.pixels.sizes).all()
    for batch, images in prefetch(ours, ours.batches(5)):
        assert torch.equal(images, theirs.images(batch))
    assert ours.converted == theirs.converted != {}


def test_raw_pixels_are_used_where_they_lie_once_they_were_tested(copies) -> None:
    """Then they are those of `prepared`, in the mapped memory; others are decoded one by one."""
    split = opened(copies["raw"], "train", prepare := Prepare(short_side=48, center=32))
    stored, ready = split.pixels.stored, list[int]()
    for number in range(split.count):
        assert stored.lying([number], prepare) is None
        pixels, mode = stored.prepared(number, prepare)
        if mode == "RGB" and min(stored.size(number, Prepare())) == 48:
            (found,) = stored.lying([number], prepare)
            assert (found == pixels.transpose(1, 2, 0)).all()
            assert not found.flags.owndata
            ready.append(number)
        else:
            assert stored.lying([number], prepare) is None
    assert 1 < len(ready) < split.count
    assert len(stored.lying(ready, prepare)) == len(ready)
    for other in (Prepare(short_side=40, center=32), Prepare(short_side=48, center=32, pad=1)):
        assert stored.lying(ready, other) is None


def test_a_pack_cut_short_between_two_images_is_told(copies, tmp_path) -> None:
    """Each file is copied right after a look at the pack's length: beyond its end the system would kill the process."""
    shutil.copytree(copies["jpeg"], tmp_path / "cut")
    stored = opened(tmp_path / "cut", "train").pixels.stored
    contents = stored.contents(range(len(stored)))
    assert next(contents)
    with pack_path(tmp_path / "cut" / "train", 0).open("r+b") as pack:
        pack.truncate(1)
    with pytest.raises(DataMissing, match="was cut short meanwhile"):
        list(contents)


@pytest.mark.parametrize("form", FORMS)
def test_views_of_many_scales_are_those_of_class_folders(copies, form) -> None:
    """Scale jitter cuts them out of whole images, which are rescaled for each view."""
    theirs, ours = (opened(copies[name], "train", Prepare()) for name in ("folders", form))
    views = windows(ours.count, JITTER, 28, torch.Generator().manual_seed(0))
    ((_, cut),) = prefetch(ours, [torch.arange(ours.count)], windows=[views])
    ((_, expected),) = prefetch(theirs, [torch.arange(theirs.count)], windows=[views])
    assert torch.equal(cut, expected)


@pytest.mark.parametrize("form", FORMS)
def test_statistics_are_those_of_class_folders(copies, form) -> None:
    """Mean image and covariance are equal to the bit."""
    ours, theirs = (pixel_statistics(opened(copies[name], "train")) for name in (form, "folders"))
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_files_as_they_are_keep_their_pixels(tmp_path, form) -> None:
    """Copies of unchanged files serve images of their own size, CMYK ones included."""
    folders = in_every_form(class_folders(ORIGINALS, tmp_path / "original"), tmp_path, None)
    theirs, ours = (opened(folders[name], "train", Prepare()) for name in ("folders", form))
    assert all(torch.equal(ours.images([k]), theirs.images([k])) for k in range(ours.count))
    assert ours.converted == theirs.converted


@pytest.mark.parametrize("form", FORMS)
def test_a_sample_has_the_pixels_of_the_whole(copies, form) -> None:
    """A sample shares the packs."""
    whole = opened(copies[form], "train")
    part = whole.sample(7)
    places = [list(whole.ids).index(identity) for identity in part.ids]
    assert torch.equal(part.images(range(7)), whole.images(places))


@pytest.mark.parametrize("copy", FORMS, indirect=True)
def test_a_flipped_byte_names_pack_image_and_remedy(copy: Path) -> None:
    """No image that was changed is read, whichever of its bytes it is."""
    split, pack = opened(copy, "train"), pack_path(copy / "train", 0)
    flip(pack, 5000)
    with pytest.raises(DataMissing, match=rf"{pack}: n\d+_\d+.JPEG at byte [\d,]+: is damaged: its checksum .*delete"):
        split.images(range(split.count))


@pytest.mark.parametrize("copy", FORMS, indirect=True)
def test_a_pack_that_is_cut_meanwhile_is_noticed(copy: Path) -> None:
    """The system would end a process that reads memory without a file behind it."""
    split, pack = opened(copy, "train"), pack_path(copy / "train", 0)
    with pack.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(DataMissing, match=f"{pack}: was cut short meanwhile"):
        split.images(range(split.count))


EPOCH = """
import sys
import torch
from harness.data.locate import Locations
from harness.data.spec import DataSpec, Prepare
from harness.data.splits import open_split, prefetch
from harness.jobs.observe import observed
spec = DataSpec(name="ilsvrc2012", prepare=Prepare(short_side=32, center=32))
locations = Locations.gather(named=[f"ilsvrc2012={sys.argv[1]}"], config_files=())
split = open_split(spec, "train", locations, threads=2)
assert sum(len(images) for _, images in prefetch(split, torch.randperm(split.count).split(50))) == 400
observed(split, locations)
split.close()
"""
"""One epoch, and the record of the data for a result."""


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace counts the calls, and is not installed")
def test_an_epoch_asks_the_disk_for_few_files(tmp_path: Path) -> None:
    """Opening, naming and looking up files does not grow with the images; class folders do it for each."""
    originals = make_originals(train=100)
    folders = in_every_form(class_folders(originals, tmp_path / "original"), tmp_path, dataset=originals.declared())
    calls = {}
    for form, folder in folders.items():
        log = tmp_path / f"{form}.log"
        traced = ["strace", "-f", "-qq", "-e", "trace=%file", "-o", str(log), sys.executable, "-c", EPOCH, str(folder)]
        subprocess.run(traced, env=environment(), check=True)
        calls[form] = sum(str(folder) in line for line in log.read_text(errors="replace").splitlines())
    assert calls["folders"] > 400
    assert max(calls["jpeg"], calls["raw"]) < 100, calls


def test_an_index_of_more_than_its_packs_hold_is_refused(tmp_path: Path) -> None:
    """Its digest fits, and its numbers do not."""
    (tmp_path / "train").mkdir()
    pack_path(tmp_path / "train", 0).write_bytes(b"abc")
    write_index(tmp_path / "train", "jpeg", [3], [PackedImage("n1", "a.JPEG", 1, 3, 0, 1, 1, 3, "RGB")])
    with pytest.raises(DataMissing, match=r"packs.index: speaks of images beyond the end of its packs"):
        opened(tmp_path, "train")


def test_an_image_too_small_for_its_preparation_is_named(copies) -> None:
    """The error is that of a file."""
    split = opened(copies["raw"], "train", Prepare(center=60))
    with pytest.raises(DataMissing, match=r"00000.pack: n\d+_0.JPEG at byte 0: cannot be decoded and prepared"):
        split.images([0])
