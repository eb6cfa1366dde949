"""Table 1 at the paper's scale, complete except for its length, on a generated ILSVRC-2010 prepared from archives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from image_layouts import make_originals, tars
from programs import program, results
from ruamel.yaml import YAML
from suite_files import TABLE1

from harness.plan.graph import make_plan
from harness.suite.load import load_suite

SUITE = Path(__file__).parent / "suites" / "table1_short.yaml"


def read(path):
    """Read a suite as plain data."""
    return YAML(typ="safe", pure=True).load(path)


def test_only_its_length_differs_from_table_1():
    """Besides its name, only epochs, seeds and drops of the rate at paper scale differ."""
    short, whole = read(SUITE), read(TABLE1)
    assert set(short["scales"]["paper"].pop("train")) == {"epochs", "drops_after"}
    for suite in (short, whole):
        del suite["suite"], suite["scales"]["paper"]["seeds"]
    assert short == whole


def test_the_spec_differs_in_epochs_and_schedule_alone():
    """Recipe, net and preparation of images are otherwise the paper's."""
    (short,), whole = _trainings(SUITE), _trainings(TABLE1)[0]
    changed = {name for name in whole["recipe"] if short["recipe"][name] != whole["recipe"][name]}
    assert changed == {"epochs", "schedule"}
    assert {name: value for name, value in short.items() if name != "recipe"} == {
        name: value for name, value in whole.items() if name != "recipe"
    }


def _trainings(path):
    plan = make_plan(load_suite(path), "paper")
    return [plan.jobs[key].spec for key in plan.trainings.values()]


@pytest.mark.nightly
def test_the_papers_path_runs_from_the_archives_to_the_report(tmp_path):
    """It covers archives, copy, mean image, the whole net at batch 128, ten crops of test images, verdicts and page."""
    originals = make_originals(classes=20, train=100, val=5, test=5, prefix="ILSVRC2010", scale=5)
    tars(originals, tmp_path / "archives")
    done = program(tmp_path, "data", "prepare", "ilsvrc2010", "archives", "--out", "data/ilsvrc2010")
    assert done.returncode == 0, done.stderr
    done = program(tmp_path, "run", str(SUITE), "--scale", "paper", "--device", "auto")
    assert done.returncode == 0, done.stderr
    document = results(tmp_path / "reports/table1_short/paper")
    (job,) = document["experiments"]["cnn"]["jobs"]
    assert (job["outcome"], job["evaluations"]["ten_crop"]["count"]) == ("done", 100)
    own = {cell["id"]: cell for cell in document["cells"] if cell["outcome"] != "CITED"}
    assert {cell["outcome"] for cell in own.values()} == {"NOT COMPARABLE"}
    assert all(0 <= cell["mean"] <= 100 for cell in own.values())
    assert "prepared_copy" in {deviation["id"] for deviation in document["deviations"]}
    rows = [
        json.loads(line) for line in next((tmp_path / "runs").glob("train-*/metrics.jsonl")).read_text().splitlines()
    ]
    assert [(row["epoch"], row["rate"]) for row in rows] == [(1, 0.01), (2, 0.001)]
