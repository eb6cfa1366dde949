"""Seeds run on two machines, merged and reported as one, with the commands of a user."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from programs import program
from tiny_suites import tiny_suite

CI = ("tiny.yaml", "--scale", "ci", "--device", "cpu")


def ran(folder: Path, *arguments: str | Path) -> str:
    """Run the program, which must succeed; return its output."""
    done = program(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two folders: the first has run seed 0 with one thread, the second has its copy and seed 1 with two."""
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    for folder, seeds in ((one, 1), (two, 2)):
        tiny_suite(folder, seeds=seeds, subset={"classes": 10, "per_class": 40}, epochs=1)
    ran(one, "run", *CI, "--threads", "1")
    shutil.copytree(one / "runs", two / "runs")
    shutil.rmtree(two / "runs" / "declarations")
    ran(two, "run", *CI, "--threads", "2")
    shutil.copyfile(two / "tiny.yaml", one / "tiny.yaml")
    shutil.rmtree(one / "runs" / "declarations")  # declares one seed, and two are planned now
    return one, two


def test_seeds_of_two_machines_are_one_report(machines: tuple[Path, Path]) -> None:
    """Merged without weights, nothing is left to run, the store is sound, and the report names both machines."""
    one, two = machines
    ran(two, "store", "export", one / "seeds.tar.gz", "--suite", "tiny.yaml", "--scale", "ci")
    assert ran(one, "store", "merge", "seeds.tar.gz") == "runs: 2 taken, 0 completed, 3 here already\n"
    assert ran(one, "verify").splitlines()[-1].endswith(": sound")
    assert "nothing to do: all 5 jobs have results" in program(one, "run", *CI).stderr
    results = json.loads((one / "reports/tiny/ci/results.json").read_text())
    places = results["environment"]
    assert sorted((place["job"]["threads"], tuple(place["ran"])) for place in places.values()) == [
        (1, ("train cnn, seed 0", "test cnn.ten_crop, seed 0")),
        (2, ("train cnn, seed 1", "test cnn.ten_crop, seed 1")),
    ]
    page = (one / "reports/tiny/ci/index.html").read_text()
    assert "Results of 2 machines or settings" in page
    assert page.count("train cnn, seed 1") == 1


@pytest.mark.nightly
def test_a_merged_result_comes_out_again_from_what_came_with_it(machines: tuple[Path, Path]) -> None:
    """A rerun uses the result's threads, not this machine's default; a test needs the weights that stayed behind."""
    one, two = machines
    test = next(path.name for path in two.glob("runs/evaluate-*"))
    assert "identical, every output byte for byte" in ran(two, "verify", "--rerun", test)
    fresh = one / "fresh"
    ran(two, "store", "export", one / "fresh.tar.gz", test)
    ran(one, "store", "merge", "fresh.tar.gz", "--store", fresh)
    done = program(one, "verify", "--rerun", test, "--store", fresh)
    assert done.returncode == 2
    assert "came without weights.pt, which this job needs to run again" in done.stderr
    trained = next(path.name for path in fresh.glob("train-*"))
    assert "identical, every output byte for byte" in ran(one, "verify", "--rerun", trained, "--store", fresh)
