"""Choosing a scale: the largest that can run here unasked, why, and what would unlock the next."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fabricated import finish_all
from suite_files import TABLE1, loaded

from harness.data.locate import Locations, Place
from harness.errors import DataMissing
from harness.machine.runtime import Runtime
from harness.plan.graph import make_plan
from harness.plan.outline import Outline
from harness.plan.scale_choice import choose_reported, choose_scale, data_missing
from harness.store.store import Store
from harness.suite.load import load_suite

CPU = "a processor"


@pytest.fixture(autouse=True)
def _this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a GPU nor another package's data decide these tests."""
    monkeypatch.setattr("harness.plan.rates.gpus", list)
    monkeypatch.setattr("harness.plan.rates.processor", lambda: CPU)
    monkeypatch.setattr("harness.data.sets.fashion_mnist.DEBIAN", Path("/nowhere"))


def runtime(tmp_path: Path, *there: str) -> Runtime:
    """A machine of one core with these data sets on disk."""
    named = {}
    for name in there:
        folder = tmp_path / name
        (folder / "train").mkdir(parents=True)
        for part in ("train", "t10k"):
            for kind in ("images-idx3", "labels-idx1"):
                (folder / f"{part}-{kind}-ubyte").touch()
        named[name] = Place(folder, f"--data {name}")
    return Runtime(Locations(named=named), device="cpu", threads=1)


def choose(tmp_path: Path, *there: str, asked: Any = None) -> Any:
    """The choice for Table 1."""
    return choose_scale(Outline.of(load_suite(TABLE1)), Store(tmp_path / "runs"), runtime(tmp_path, *there), asked)


@pytest.mark.parametrize("asked", ["paper", "subset", "small", "ci"])
def test_what_is_asked_for_is_taken(tmp_path: Path, asked: str) -> None:
    """Though its data are not here; that is told elsewhere."""
    choice = choose(tmp_path, asked=asked)
    assert (choice.scale, choice.reason, choice.unlock) == (asked, f"--scale {asked} was asked for", "")


def test_without_other_data_it_is_ci(tmp_path: Path) -> None:
    """And every larger scale is told with what would unlock it."""
    choice = choose(tmp_path)
    assert choice.scale == "ci"
    assert "paper: ilsvrc2010 is not on disk (ask for access at image-net.org" in choice.unlock
    assert "small: fashion_mnist is not on disk (let it be fetched" in choice.unlock


def test_what_would_take_too_long_is_passed_over(tmp_path: Path) -> None:
    """With the time it would take and how to run it all the same."""
    choice = choose(tmp_path, "ilsvrc2010")
    assert choice.scale == "ci"
    assert re.search(r"paper: would take about .* \(assumes .* on a processor\); --scale paper runs it", choice.unlock)


def test_the_largest_that_ends_in_time_is_taken(tmp_path: Path) -> None:
    """On a machine that was seen to be slow the small scale is passed over, on a fast one it is taken."""
    store, here = Store(tmp_path / "runs"), runtime(tmp_path, "fashion_mnist")
    store.prepare()
    suite = load_suite(TABLE1)
    kinds = ("train alexnet 1x28x28 bf16", "evaluate")
    chosen = []
    for rate in ("1e9", "1e13"):
        rates = ", ".join(f'"{kind} on {CPU}, 1 threads": {rate}' for kind in kinds)
        store.rates.write_text(f"{{{rates}}}")
        chosen.append(choose_scale(Outline.of(suite), store, here).scale)
    assert chosen == ["ci", "small"]


def test_only_what_is_left_to_do_takes_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scale whose results are all there is no work."""
    suite, store, here = load_suite(TABLE1), Store(tmp_path / "runs"), runtime(tmp_path, "fashion_mnist")
    monkeypatch.setattr("harness.plan.status.fingerprint", lambda *_: "f")
    monkeypatch.setattr("fabricated.fingerprint", lambda *_: "f")
    finish_all(store, make_plan(suite, "small"))
    monkeypatch.setattr("harness.plan.status._staleness", lambda *_: [])
    assert choose_scale(Outline.of(suite), store, here).scale == "small"


def test_a_report_is_on_the_largest_scale_with_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on a larger one that could run; and where there is none, as for a run."""
    suite, store, here = load_suite(TABLE1), Store(tmp_path / "runs"), runtime(tmp_path, "fashion_mnist")
    outline = Outline.of(suite)
    assert choose_reported(outline, store, here) == choose_scale(outline, store, here)
    finish_all(store, make_plan(suite, "ci"))
    assert choose_reported(outline, store, here).scale == "ci"
    assert choose_reported(outline, store, here, "small").scale == "small"


def test_no_scale_that_can_run_is_data_missing(tmp_path: Path) -> None:
    """With each obstacle."""
    text = TABLE1.read_text(encoding="utf-8")
    suite = loaded(tmp_path, (text[text.index("  small:\n") :], ""))
    with pytest.raises(
        DataMissing, match=r"no scale of table1 can run here unasked\. paper: ilsvrc2010 is not on disk"
    ):
        choose_scale(Outline.of(suite), Store(tmp_path / "runs"), runtime(tmp_path))


def test_missing_data_are_told_with_where_and_how(tmp_path: Path) -> None:
    """What was looked for, in which folders, the layout, and how to get them."""
    nowhere = Locations(named={"ilsvrc2010": Place(tmp_path / "none", "--data ilsvrc2010")})
    message = data_missing(make_plan(load_suite(TABLE1), "paper"), nowhere)
    assert message is not None
    assert message.startswith("ILSVRC-2010 is not on disk. Looked in:\n")
    assert f"{tmp_path / 'none'} (--data ilsvrc2010): no such folder" in message
    assert "expected: DIR/{train,val,test}/<wnid>/*.JPEG" in message
    assert "image-net.org" in message


def test_data_that_are_there_are_not_missing() -> None:
    """The digits always are."""
    assert data_missing(make_plan(load_suite(TABLE1), "ci"), Locations()) is None
