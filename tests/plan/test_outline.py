"""What is remembered of a suite: the same as reading it, until anything that decides it changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from suite_files import TABLE1, shipped

import harness.plan.outline
from harness.errors import SuiteError
from harness.plan.graph import make_plan
from harness.plan.outline import Outline, outline_of, outlines, remember
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

SUITES = sorted(shipped_suites().glob("*.yaml"))


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A copy of Table 1 that a test may change."""
    path = tmp_path / "table1.yaml"
    path.write_bytes(TABLE1.read_bytes())
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The suite files that were read in full."""
    seen: list[Path] = []

    def read(path: Path) -> Any:
        seen.append(path)
        return load_suite(path)

    monkeypatch.setattr(harness.plan.outline, "_read", read)
    return seen


def memory() -> Path:
    """The one file in the cache."""
    (found,) = Path(os.environ["XDG_CACHE_HOME"]).rglob("*.json")
    return found


QUICK = (
    "ablations", "architecture", "figure4", "prelu_initialization_trained", "prelu_table1", "prelu_table6",
    "prelu_timing", "regularisation", "scaling", "table1", "table2", "timing",
)  # fmt: skip
"""Suites with every kind of job: trainings, ensembles, inspections, measurements and timings, one or two arms."""


@pytest.mark.parametrize(
    "path",
    [pytest.param(one, id=one.stem, marks=() if one.stem in QUICK else pytest.mark.nightly) for one in SUITES],
)
def test_plans_remembered_are_the_plans_read(path: Path, reads: list[Path]) -> None:
    """Of every shipped suite at every scale, who asked for which job included, on a device named only afterwards."""
    first = outline_of(path)
    for scale in first.scales:
        first.plan(scale)
    remember(first)
    again = outline_of(path)
    assert reads == [path]
    for scale in again.scales:
        assert again.plan(scale, "a GPU") == make_plan(shipped(path.stem), scale, "a GPU")
    assert reads == [path]
    assert (again.name, again.cells, again.claims) == (first.name, first.cells, first.claims)


def test_a_remembered_plan_reads_its_suite_when_that_is_asked_for(suite: Path, reads: list[Path]) -> None:
    """Once, and not for its jobs; then it has its seeds and experiments like any other."""
    first = outline_of(suite)
    first.plan("ci")
    remember(first)
    plan = outline_of(suite).plan("ci")
    assert (len(plan.jobs), reads) == (7, [suite])
    assert (plan.seeds, list(plan.experiments), plan.suite.name) == (range(3), ["cnn"], "table1")
    assert reads == [suite, suite]


def test_scale_not_asked_for_before_is_read(suite: Path, reads: list[Path]) -> None:
    """Then, and not sooner."""
    outline_of(suite)
    again = outline_of(suite)
    assert len(reads) == 1
    assert again.plan("small").jobs == make_plan(load_suite(suite), "small").jobs
    assert len(reads) == 2


def test_changed_suite_is_read_again(suite: Path, reads: list[Path]) -> None:
    """By its content, whatever the file's time says."""
    outline_of(suite)
    times = suite.stat().st_atime_ns, suite.stat().st_mtime_ns
    suite.write_text(suite.read_text(encoding="utf-8").replace("title: ", "title: T", 1), encoding="utf-8")
    os.utime(suite, ns=times)
    outline_of(suite)
    assert len(reads) == 2


def test_suite_that_became_faulty_is_refused(suite: Path) -> None:
    """A sound past helps it not."""
    outline_of(suite)
    suite.write_text(suite.read_text(encoding="utf-8") + "\nnonsense: 1\n", encoding="utf-8")
    with pytest.raises(SuiteError):
        outline_of(suite)


def test_faulty_suite_is_never_remembered(suite: Path) -> None:
    """Its faults are told each time."""
    suite.write_text("suite: 1\n", encoding="utf-8")
    first, second = (outlines([suite, TABLE1]) for _ in range(2))
    assert first[1] == second[1] != []
    assert list(first[0]) == [TABLE1]


def test_two_suites_of_one_name_are_a_fault_of_the_second(suite: Path) -> None:
    """At its line, with the other file; the same file twice is one suite."""
    sound, faults = outlines([TABLE1, suite, TABLE1])
    assert list(sound) == [TABLE1]
    (line,) = faults
    assert line.startswith(f"{suite}:7:1: suite: {TABLE1} has a suite 'table1' too; rename one")


def test_one_suite_under_two_paths_is_no_fault(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative, absolute or through a link, it is the same file."""
    monkeypatch.chdir(suite.parent)
    link = suite.with_name("link.yaml")
    link.symlink_to(suite)
    assert outlines([suite, Path(suite.name), link])[1] == []


def test_changed_paper_file_makes_it_read_again(suite: Path, reads: list[Path]) -> None:
    """One that appears beside the suite too, for it comes before the shipped one."""
    outline_of(suite)
    papers = suite.parent / "papers" / "alexnet"
    papers.mkdir(parents=True)
    for name in ("paper.yaml", "recipes.yaml"):
        (papers / name).write_bytes((shipped_suites() / "papers" / "alexnet" / name).read_bytes())
    outline_of(suite)
    (papers / "paper.yaml").write_text((papers / "paper.yaml").read_text(encoding="utf-8") + "# more\n")
    outline_of(suite)
    assert len(reads) == 3


def test_changed_code_makes_it_read_again(
    suite: Path, reads: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any module of the package."""
    code = tmp_path / "package" / "deep"
    code.mkdir(parents=True)
    monkeypatch.setattr(harness.plan.outline, "PACKAGE", code.parent)
    for text in ("one", "one", "two"):
        (code / "module.py").write_text(text)
        outline_of(suite)
    assert len(reads) == 2


@pytest.mark.parametrize("damage", ["", "{}", "null", "[1]", "flip"])
def test_damaged_memory_is_no_memory(suite: Path, reads: list[Path], damage: str) -> None:
    """Nothing is said: the suite is read, and remembered again."""
    outline_of(suite)
    whole = memory().read_text(encoding="utf-8")
    memory().write_text(whole.replace('"cells": ', '"cells": 1', 1) if damage == "flip" else damage)
    assert outline_of(suite).cells == len(load_suite(suite).cells())
    assert len(reads) == 2
    assert memory().read_text(encoding="utf-8") == whole


def test_cache_that_cannot_be_written_is_done_without(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container without a home."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert outline_of(suite).name == "table1"


def test_suite_changed_while_it_is_read_is_not_remembered_as_changed(
    suite: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read belongs to the digest taken before."""

    def read(path: Path) -> Any:
        reads.append(path)
        sound = load_suite(path)
        suite.write_text(suite.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
        return sound

    monkeypatch.setattr(harness.plan.outline, "_read", read)
    for _ in range(2):
        outline_of(suite)
    assert len(reads) == 2


def test_two_suites_of_one_name_are_told_apart(suite: Path) -> None:
    """By where they lie."""
    suite.write_text(suite.read_text(encoding="utf-8").replace("seeds: ", "seeds: 1", 1), encoding="utf-8")
    scale = outline_of(TABLE1).scales[0]
    assert len(outline_of(suite).plan(scale).jobs) > len(outline_of(TABLE1).plan(scale).jobs)


def test_timed_jobs_are_for_the_device_named() -> None:
    """And no other key changes with it."""
    timed = Outline.of(load_suite(shipped_suites() / "prelu_timing.yaml"))
    one, two = (timed.plan("paper", device).jobs for device in ("one", "two"))
    apart = [job for job in one.values() if job.key not in two]
    assert {job.spec["what"] for job in apart} == {"timing", "speedup"}
    assert {job.spec["device_name"] for job in apart} == {"one"}
    plain = Outline.of(load_suite(TABLE1))
    assert plain.plan("ci", "one").jobs == plain.plan("ci", "two").jobs
