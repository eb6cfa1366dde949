"""Packs in progress: the same bytes however often and wherever the work was stopped, and the manifest of folders."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from pathlib import Path

import pytest
from compact_copies import DATASET, ORIGINALS, contents, made
from image_layouts import LAYOUTS, class_folders, write
from packed_copies import FORMS, compact, flip, opened

from harness.data.fingerprint import fingerprint, official
from harness.data.locate import Found
from harness.data.packs import index_of, pack_path
from harness.data.prepared import INDEX, CopyFiles
from harness.errors import DataMissing, HarnessError, UsageError
from harness.ingest import packing
from harness.ingest.piece_records import PackedEntry, read_record


@pytest.fixture(scope="module", autouse=True)
def small_packs():
    """Let packs be complete after a few pieces, so that each split has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "PACK_BYTES", 9_000)
        yield


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Return the set in class folders."""
    return class_folders(ORIGINALS, tmp_path_factory.mktemp("originals") / "set")


@pytest.fixture(scope="module")
def copies(originals, tmp_path_factory):
    """Return the copies of an undisturbed run, by form; the one in class folders has no form."""
    folder = tmp_path_factory.mktemp("copies")
    for form in (None, *FORMS):
        made(originals, folder / str(form), compact(form))
    return {form: folder / str(form) for form in (None, *FORMS)}


@pytest.mark.parametrize("form", FORMS)
def test_fingerprints_are_those_of_class_folders(copies, form):
    """A packed copy is official where one in class folders is, with the same fingerprints."""
    ours, theirs = (Found(copies[name], "test") for name in (form, None))
    for split in ("train", "val", "test"):
        assert fingerprint(DATASET, ours, split) == fingerprint(DATASET, theirs, split)
    assert official(DATASET, ours).yes
    assert "in packs" in official(DATASET, ours).reason


def test_packs_hold_the_files_of_class_folders(copies):
    """Every image lies where its record and the index say, byte for byte, in several packs."""
    copy, checked = copies["jpeg"], 0
    for record in sorted((copy / "prepared").glob("*/*.jsonl")):
        split = record.parent.name
        index = index_of(copy / split)
        assert (len(index.packs) > 1) == (split != "test")  # which is a single piece
        whole = b"".join(pack_path(copy / split, number).read_bytes() for number in range(len(index.packs)))
        for entry in read_record(record):
            file = copies[None] / split / entry.name
            assert whole[entry.at : entry.at + entry.stored] == file.read_bytes()
            checked += 1
    assert checked == 40


def test_a_piece_lies_in_one_pack(copies):
    """A pack may be longer than its limit by a part of a piece."""
    index = index_of(copies["raw"] / "train")
    ends = list(itertools.accumulate(index.packs))
    for record in (copies["raw"] / "prepared" / "train").glob("*.jsonl"):
        entries = list(read_record(record))
        first, last = entries[0].at, entries[-1].at + entries[-1].stored
        assert all(end <= first or last <= end for end in ends)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_images(copies, tmp_path, layout):
    """Ids and pixels are the same, whatever order the source has."""
    made(LAYOUTS[layout](ORIGINALS, tmp_path / "set"), tmp_path / "copy", compact("jpeg"))
    for split in ("train", "val", "test"):
        ours, theirs = opened(tmp_path / "copy", split), opened(copies["jpeg"], split)
        assert list(ours.ids) == list(theirs.ids)
        assert ours.images(range(ours.count)).equal(theirs.images(range(theirs.count)))


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("call", ["write", "fsync", "record", "index"])
@pytest.mark.parametrize("form", FORMS)
def test_stopped_at_every_step_it_goes_on_to_the_same_bytes(originals, copies, tmp_path, monkeypatch, form, call):
    """The work is stopped after every such step in turn; writes of bytes stop half done."""
    module, name = {
        "write": (os, "write"), "fsync": (os, "fsync"), "record": (packing, "write_record"),
        "index": (packing, "write_index"),
    }[call]  # fmt: skip
    step, steps = getattr(module, name), itertools.count(1)
    for stop_at in itertools.count(1, 5):
        left = itertools.count(1)

        def stopping(*arguments, left=left, stop_at=stop_at):
            if next(left) >= stop_at:
                if call == "write":
                    step(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise Killed
            return step(*arguments)

        monkeypatch.setattr(module, name, stopping)
        try:
            made(originals, tmp_path / "copy", compact(form))
        except Killed:
            next(steps)
        else:
            break
        finally:
            monkeypatch.undo()
    assert next(steps) > 1
    assert contents(tmp_path / "copy") == contents(copies[form])


@pytest.mark.parametrize("form", FORMS)
def test_what_is_done_is_not_done_again(originals, copies, tmp_path, form):
    """A second run changes no pack and no index."""
    copy = shutil.copytree(copies[form], tmp_path / "copy")
    stamps = {path: path.stat().st_mtime_ns for path in copy.glob("t*/*")}
    made(originals, copy, compact(form))
    assert stamps == {path: path.stat().st_mtime_ns for path in copy.glob("t*/*")}
    assert contents(copy) == contents(copies[form])


@pytest.mark.parametrize("spoilt", ["lost pack", "cut pack", "index", "lost index", "record", "longer pack"])
def test_what_was_spoilt_meanwhile_is_made_again(originals, copies, tmp_path, spoilt):
    """The same command mends everything whose size shows it."""
    copy = shutil.copytree(copies["jpeg"], tmp_path / "copy")
    train = copy / "train"
    match spoilt:
        case "lost pack":
            pack_path(train, 0).unlink()
        case "cut pack":
            os.truncate(pack_path(train, 1), 100)
        case "index":
            flip(train / INDEX, 100)
        case "lost index":
            (train / INDEX).unlink()
        case "record":
            record = CopyFiles(copy).record("train", ORIGINALS.wnids[1])
            record.write_bytes(record.read_bytes()[:-20])
        case "longer pack":
            record = CopyFiles(copy).record("train", ORIGINALS.wnids[-1])
            record.unlink()
            with pack_path(train, len(list(train.glob("*.pack"))) - 1).open("ab") as file:
                file.write(b"half an image")
    made(originals, copy, compact("jpeg"))
    assert contents(copy) == contents(copies["jpeg"])


def damaged(originals: Path, folder: Path) -> tuple[Path, Path]:
    """Return a set whose third training image is cut short, and that image."""
    shutil.copytree(originals, folder)
    image = ORIGINALS.of("train")[2]
    return folder, write(folder / "train" / image.wnid / image.name, image.data[:700])


def test_a_damaged_image_is_left_out_and_looked_at_again(originals, copies, tmp_path):
    """It costs no work while it stays as it is; a sound one in its place is taken."""
    folder, image = damaged(originals, tmp_path / "set")
    copy = made(folder, tmp_path / "copy", compact("jpeg"), allow_damaged=0.1)
    assert [one["name"] for one in copy.manifest["splits"]["train"]["damaged"]] == [f"{image.parent.name}/{image.name}"]
    assert opened(tmp_path / "copy", "train").count == 23
    before = contents(tmp_path / "copy")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").glob("train/*")}
    made(folder, tmp_path / "copy", compact("jpeg"), allow_damaged=0.1)
    assert contents(tmp_path / "copy") == before
    assert stamps == {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").glob("train/*")}
    image.write_bytes((originals / image.relative_to(folder)).read_bytes())
    made(folder, tmp_path / "copy", compact("jpeg"))
    assert {**contents(tmp_path / "copy"), "prepared/manifest.json": ""} == {
        **contents(copies["jpeg"]), "prepared/manifest.json": "",
    }  # fmt: skip


def test_a_damaged_image_of_an_earlier_run_counts(originals, tmp_path):
    """The second run allows no damage."""
    folder, _ = damaged(originals, tmp_path / "set")
    made(folder, tmp_path / "copy", compact("raw"), allow_damaged=0.1)
    with pytest.raises(DataMissing, match="1 of 40 images so far, where --allow-damaged is 0"):
        made(folder, tmp_path / "copy", compact("raw"))


def test_a_class_that_left_the_source_meanwhile_is_noticed(originals, tmp_path):
    """Its images lie in the packs and its record beside the others."""
    folder = shutil.copytree(originals, tmp_path / "set")
    made(folder, tmp_path / "copy", compact("jpeg"))
    shutil.rmtree(folder / "train" / ORIGINALS.wnids[-1])
    with pytest.raises(HarnessError, match="the source changed meanwhile; delete the copy and prepare it again"):
        made(folder, tmp_path / "copy", compact("jpeg"))


def test_a_strange_file_beside_the_packs_is_noticed(originals, copies, tmp_path):
    """Nothing else belongs there."""
    copy = shutil.copytree(copies["jpeg"], tmp_path / "copy")
    write(copy / "train" / "thesis.txt", "mine")
    with pytest.raises(HarnessError, match=r"thesis.txt: is not what was copied"):
        made(originals, copy, compact("jpeg"))


@pytest.mark.parametrize("other", [compact(None), compact("raw"), compact("jpeg", 32)])
def test_a_copy_of_another_form_is_not_gone_on_with(originals, copies, tmp_path, other):
    """A folder holds one form."""
    copy = shutil.copytree(copies["jpeg"], tmp_path / "copy")
    with pytest.raises(UsageError, match="with other settings"):
        made(originals, copy, other)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stops_it_cleanly(originals, copies, tmp_path, monkeypatch, code):
    """The same command goes on when there is room."""
    written = itertools.count()
    step = os.write

    def filling(descriptor: int, content: bytes) -> int:
        if next(written) == 17:
            raise OSError(code, os.strerror(code))
        return step(descriptor, content)

    monkeypatch.setattr(os, "write", filling)
    with pytest.raises(HarnessError, match=r"the disk is full after \d+ of about 40 images"):
        made(originals, tmp_path / "copy", compact("jpeg"))
    monkeypatch.undo()
    made(originals, tmp_path / "copy", compact("jpeg"))
    assert contents(tmp_path / "copy") == contents(copies["jpeg"])


def test_a_packed_copy_is_no_original(copies, tmp_path):
    """Two losses would add up silently."""
    with pytest.raises(UsageError, match="is a prepared copy itself"):
        made(copies["jpeg"], tmp_path / "copy", compact("jpeg"))


def test_records_say_what_packs_hold(copies):
    """The digest of a raw image's file is that in class folders."""
    path = CopyFiles(copies["raw"]).record("train", ORIGINALS.wnids[0])
    theirs = {entry.name: entry for entry in read_record(CopyFiles(copies[None]).record("train", ORIGINALS.wnids[0]))}
    for entry in read_record(path):
        assert isinstance(entry, PackedEntry)
        assert entry.stored == 3 * entry.height * entry.width
        assert (entry.sha256, entry.bytes) == (theirs[entry.name].sha256, theirs[entry.name].bytes)
