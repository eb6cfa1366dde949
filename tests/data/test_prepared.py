"""Tests of prepared copies: official by their manifest, and declared wherever they are used."""

from __future__ import annotations

import json
import shutil

import pytest
from compact_copies import made
from image_layouts import class_folders, make_originals

from harness.data import DATASETS
from harness.data.fingerprint import official
from harness.data.locate import Found, Locations
from harness.data.prepared import CopyFiles, prepared_copy, require_sides
from harness.data.spec import DataSpec
from harness.errors import DataMissing
from harness.ingest.encode import Compact
from harness.jobs.observe import observed, opened_split
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.documents import seal
from harness.store.store import JobFolder, write_json

ORIGINALS = make_originals()
DATASET = ORIGINALS.declared()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Make a copy of a whole official set."""
    folder = tmp_path_factory.mktemp("finished")
    made(class_folders(ORIGINALS, folder / "original"), folder / "copy")
    return folder / "copy"


@pytest.fixture
def copy(finished, tmp_path):
    """Return a copy for one test to change."""
    shutil.copytree(finished, tmp_path / "ilsvrc2012")
    return tmp_path / "ilsvrc2012"


@pytest.fixture
def declared(monkeypatch):
    """Return the declaration of the miniature as ILSVRC-2012."""
    monkeypatch.setitem(DATASETS, "ilsvrc2012", DATASET)


def standing(folder):
    """Return whether a folder is the official set."""
    return official(DATASET, Found(folder, "test"))


def edited(folder, **changes):
    """Rewrite a manifest, seal included."""
    files = CopyFiles(folder)
    write_json(files.manifest, seal(json.loads(files.manifest.read_bytes()) | changes))


def test_a_copy_of_the_whole_official_set_is_official_and_says_that_it_is_a_copy(copy):
    """A copy of the whole official set is official, and the reason mentions the copy."""
    found = standing(copy)
    assert found.yes
    assert "shorter sides of at most 48 pixels" in found.reason
    assert "JPEG of quality 90" in found.reason


def test_originals_are_official_as_before(tmp_path):
    """The originals are official, and the reason mentions no copy."""
    found = standing(class_folders(ORIGINALS, tmp_path))
    assert found.yes
    assert found.reason == "class list and number of images as in the official ILSVRC-2012"


@pytest.mark.parametrize("source", [{"official": False, "reason": "3 damaged images of train were left out"}])
def test_a_copy_of_what_was_not_official_is_not(copy, source):
    """A copy of an unofficial set is not official, although classes and counts match."""
    edited(copy, source=source)
    assert standing(copy).reason == "a prepared copy of what was not official: 3 damaged images of train were left out"


def test_a_copy_of_another_set_is_not_official(copy):
    """A copy of another set is not official."""
    edited(copy, dataset="ilsvrc2010")
    assert standing(copy).reason == "a prepared copy of ilsvrc2010"


def test_a_copy_that_was_changed_is_not_official(copy):
    """A copy with an image of another size than in the manifest is not official."""
    path = next((copy / "train").rglob("*.JPEG"))
    path.write_bytes(path.read_bytes() + b"\0")
    assert "the train images of the prepared copy are not those that its manifest speaks of" in standing(copy).reason


def test_an_edited_manifest_is_not_believed(copy):
    """A manifest that was edited without its seal is not trusted."""
    files = CopyFiles(copy)
    files.manifest.write_text(files.manifest.read_text().replace('"images": 24', '"images": 23'))
    with pytest.raises(DataMissing, match=r"damaged, was edited"):
        prepared_copy(copy)
    assert not standing(copy).yes


def test_an_unfinished_copy_is_not_official(copy):
    """An unfinished copy is not official, even if no image is missing."""
    CopyFiles(copy).manifest.unlink()
    found = standing(copy)
    assert (found.yes, "was not finished" in found.reason, str(copy) in found.reason) == (False, True, False)


def work(folder, tmp_path, **spec):
    """Return the arguments of a job on the data in a folder."""
    spec = {"data": {"name": "ilsvrc2012", "prepare": {"short_side": 48, "center": 48}}} | spec
    runtime = Runtime(locations=Locations.gather(named=[f"ilsvrc2012={folder}"]))
    return Work(spec, JobFolder(tmp_path), {}, runtime, Progress(), StopSignal())


def test_results_say_that_the_data_were_a_copy(copy, declared, tmp_path):
    """Results record how a copy was made, its difference and its manifest's digest; ids are the originals'."""
    records = []
    for folder in (copy, class_folders(ORIGINALS, tmp_path / "original")):
        job = work(folder, tmp_path)
        with opened_split(job, "val") as split:
            records.append(observed(split, job.runtime.locations))
    assert records[0]["prepared"]["manifest_sha256"] == prepared_copy(copy).sha256
    assert "mean absolute difference" in records[0]["prepared"]["differs"]
    assert "prepared" not in records[1]
    assert records[0]["ids_sha256"] == records[1]["ids_sha256"]
    assert records[0]["official"] is records[1]["official"] is True
    assert records[0]["fingerprint"] != records[1]["fingerprint"]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (
            {"data": {"name": "ilsvrc2012", "prepare": {"short_side": 64, "center": 48}}},
            "prepare another with --short-side 64",
        ),
        ({"data": {"name": "ilsvrc2012", "prepare": {"center": 16}}}, "prepare another with --unchanged"),
        (
            {"data": {"name": "ilsvrc2012", "prepare": {}}, "recipe": {"augmentation": {"jitter": [32, 96]}}},
            "prepare another with --short-side 96",
        ),
    ],
    ids=["a larger side", "images as they are", "scale jitter"],
)
def test_a_job_that_needs_larger_images_is_refused(copy, declared, tmp_path, spec, says):
    """A job that needs larger images than a copy has is refused."""
    with pytest.raises(DataMissing, match=says):
        opened_split(work(copy, tmp_path, **spec), "train")


def test_a_copy_of_files_as_they_were_serves_every_job(declared, tmp_path):
    """A copy of unchanged files serves every job."""
    made(class_folders(ORIGINALS, tmp_path / "original"), tmp_path / "copy", Compact(None, 90))
    require_sides(tmp_path / "copy", None)
    assert "a copy of the files as they were" in standing(tmp_path / "copy").reason
    with opened_split(work(tmp_path / "copy", tmp_path), "val") as split:
        assert split.count == 8


def test_no_copy_is_no_fault(tmp_path):
    """Data without a copy are no fault."""
    assert prepared_copy(tmp_path) is None
    require_sides(tmp_path, 512)


def test_the_ids_are_those_of_the_originals(copy, declared, tmp_path):
    """The ids of a copy are those of the originals, so predictions can be compared."""
    spec = DataSpec.parsed({"name": "ilsvrc2012", "prepare": {"short_side": 48, "center": 48}})
    assert spec.prepare.short_side == 48
    with opened_split(work(copy, tmp_path), "train") as split:
        assert sorted(split.ids) == sorted(f"ilsvrc2012/train/{i.wnid}/{i.name}" for i in ORIGINALS.of("train"))
