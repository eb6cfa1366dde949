"""What a report says of prepared copies."""

from __future__ import annotations

import json
from types import SimpleNamespace

from image_layouts import class_folders, make_originals
from programs import program, results
from tiny_suites import paper_suite

from harness.plan.status import Status
from harness.report.prepared_copies import copy_deviations


def seen(copy):
    """The status of a job whose data were a copy, or not."""
    record = {"name": "ilsvrc2012"} | ({"prepared": copy} if copy else {})
    return Status("done", "", {"data": [record]})


COPY = {"says": "a copy of 256 pixels", "differs": "1.9 grey levels", "manifest_sha256": "1" * 64}


def plan(**trainings):
    """A plan of trainings by experiment."""
    keys = {(name, 0): key for name, key in trainings.items()}
    return SimpleNamespace(trainings=keys, evaluations={}, inspections={})


def test_a_copy_is_a_deviation_of_the_experiments_that_used_it():
    """With what was measured of it."""
    (deviation,) = copy_deviations(
        plan(one="a", two="b", three="c"), {"a": seen(COPY), "b": seen(None), "c": seen(COPY)}
    )
    assert deviation.id == "prepared_copy"
    assert deviation.affects == ["one", "three"]
    assert deviation.ours == "ILSVRC-2012 from a copy of 256 pixels"
    assert deviation.expected == "1.9 grey levels"


def test_two_copies_are_two_deviations():
    """They may differ in how they were made."""
    other = COPY | {"manifest_sha256": "2" * 64}
    found = copy_deviations(plan(one="a", two="b"), {"a": seen(COPY), "b": seen(other)})
    assert [(one.id, one.affects) for one in found] == [
        ("prepared_copy_1", ["one"]),
        ("prepared_copy_2", ["two"]),
    ]


def test_originals_are_no_deviation():
    """Nor is what has no result yet."""
    assert copy_deviations(plan(one="a", two="b"), {"a": seen(None), "b": Status("to do")}) == []


def test_a_run_on_a_copy_declares_it_and_keeps_its_keys(tmp_path):
    """In the results, on the page, and by the same jobs as on the originals."""
    originals = make_originals(train=8, val=2, test=2, prefix="ILSVRC2010", scale=5)
    class_folders(originals, tmp_path / "original")
    paper_suite(tmp_path, batch=8, epochs=1)
    more = ("miniature.yaml", "--scale", "paper", "--device", "cpu")
    done = program(tmp_path, "data", "prepare", "ilsvrc2010", "original", "--out", "copy")
    assert done.returncode == 0, done.stderr
    done = program(tmp_path, "run", *more, "--threads", "1", "--data", "ilsvrc2010=copy")
    assert done.returncode == 0, done.stderr
    report = tmp_path / "reports/miniature/paper"
    found = {deviation["id"]: deviation for deviation in results(report)["deviations"]}["prepared_copy"]
    assert found["affects"] == ["cnn"]
    assert "JPEG of quality 90" in found["ours"]
    assert "grey levels (0 to 255) over 48 images: " in found["expected"]
    page = (report / "index.html").read_text()
    assert found["ours"] in page
    assert "prepared copy, manifest" in page
    assert {record["prepared"]["short_side"] for record in results(report)["data"]} == {256}
    plans = [
        json.loads(program(tmp_path, "plan", *more, "--data", f"ilsvrc2010={name}", "--json").stdout)["jobs"]
        for name in ("original", "copy")
    ]
    assert [job["key"] for job in plans[0]] == [job["key"] for job in plans[1]]
    assert {job["state"] for job in plans[0]} == {"stale"}
    assert {job["state"] for job in plans[1]} == {"done"}
