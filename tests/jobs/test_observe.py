"""Tests of a job's record of its data."""

import hashlib

import pytest
from image_folders import make_image_folders

from harness.data.locate import Locations
from harness.data.spec import DataSpec
from harness.data.splits import open_split
from harness.jobs.observe import observed, opened_split
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder


def seen(split, locations=Locations(), **data):  # noqa: B008 - frozen
    """Return the record of one split."""
    return observed(open_split(DataSpec.parsed(data), split, locations), locations)


@pytest.mark.parametrize(("split", "count"), [("train", 1198), ("val", 199), ("test", 400)])
def test_a_whole_official_split_is_recorded_as_such(split, count):
    """A whole official split is recorded as official, with the digest of its ids."""
    record = seen(split, name="digits")
    ids = open_split(DataSpec(name="digits"), split, Locations()).ids
    assert (record["count"], record["whole"], record["official"]) == (count, True, True)
    assert record["ids_sha256"] == hashlib.sha256("\n".join(ids).encode()).hexdigest()


def test_a_subset_is_not_the_whole_split():
    """A subset is not recorded as the whole split, even if it keeps every image."""
    assert seen("test", name="digits", subset={"classes": 10, "per_class": 2})["count"] == 400
    assert not seen("test", name="digits", subset={"classes": 10, "per_class": 2})["whole"]


def test_other_data_under_the_name_are_not_official_and_it_says_why(tmp_path):
    """A miniature in the layout of ILSVRC-2010 is recorded as neither whole nor official, with the reason."""
    make_image_folders(tmp_path / "ilsvrc2010", train=2, val=1, test=1)
    prepare = {"short_side": 32, "center": 32}
    record = seen("test", Locations.gather(tmp_path), name="ilsvrc2010", prepare=prepare)
    assert (record["count"], record["whole"], record["official"]) == (4, False, False)
    assert "4 class folders" in record["official_reason"]


def test_nothing_in_the_record_tells_where_the_data_lie(tmp_path):
    """The record names no folder, because reports are published."""
    make_image_folders(tmp_path / "ilsvrc2010", train=2, val=1, test=1)
    prepare = {"short_side": 32, "center": 32}
    record = seen("val", Locations.gather(tmp_path), name="ilsvrc2010", prepare=prepare)
    assert str(tmp_path) not in str(record)


def test_an_opened_split_ends_its_threads(tmp_path):
    """Closing an opened split ends its threads."""
    make_image_folders(tmp_path / "ilsvrc2010", train=2, val=1, test=1)
    spec = {"data": {"name": "ilsvrc2010", "prepare": {"short_side": 32, "center": 32}}}
    runtime = Runtime(locations=Locations.gather(tmp_path))
    with opened_split(Work(spec, JobFolder(tmp_path), {}, runtime, Progress(), StopSignal()), "val") as split:
        split.images([0])
    with pytest.raises(RuntimeError, match="shutdown"):
        split.images([0])
