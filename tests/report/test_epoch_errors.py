"""The best and the last error over a training's epochs: of its curve, the best said to be optimistic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fabricated import finish
from judged_worlds import World
from suite_files import faults, written

from harness.data.locate import Locations
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.epoch_errors import CHOSEN
from harness.report.gather import gather
from harness.report.judge_again import judge_again
from harness.report.judging import judged
from harness.report.page.render import render

CELL = (
    "claims:\n",
    (
        "cells:\n  best:\n"
        '    {ref: A01, label: Best, printed: "38.0", margin: 2, value: cnn.epochs.best_validation_error}\n'
        '  last: {ref: A01, label: Last, printed: "60.0", margin: 2, value: cnn.epochs.last_train_error}\n'
        "claims:\n"
    ),
)
LESS = "less: [cnn.top1, sift_fv.top1]"
CLAIM = (LESS, "less: [cnn.epochs.best_validation_error, cnn.epochs.last_validation_error]")
CURVE = [(80.0, 41.0), (70.0, 38.0), (60.0, 39.0)]
"""Training and validation error, epoch by epoch; a seed adds a tenth of itself to each."""


def learned(world: World, seed: int, curve: list[tuple[float, float]], **changes: Any) -> None:
    """A training with this curve."""
    job = world.plan.jobs[world.plan.trainings["cnn", seed]]
    folder = finish(world.store, job)
    rows = [
        {"epoch": epoch, "train_error": train + seed / 10, "train_loss": 1.0, "val_top1_error": val + seed / 10}
        for epoch, (train, val) in enumerate(curve, 1)
    ]
    folder.metrics.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = folder.read_result()
    assert result is not None
    result["outputs"].pop("metrics.jsonl", None)
    folder.write_result({name: value for name, value in result.items() if name != "seal"} | changes)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Three seeds of three epochs, the second of which has the lowest validation error."""
    made = World.made(tmp_path, CELL, CLAIM)
    for seed in made.plan.seeds:
        learned(made, seed, CURVE)
    return made


def test_the_best_and_the_last_are_those_of_the_curve(world: World) -> None:
    """Seed by seed, in percent, judged like any other error."""
    cells = {one.id: one for one in world.report().cells}
    assert cells["best"].values == pytest.approx({"0": 38.0, "1": 38.1, "2": 38.2})
    assert cells["last"].values == pytest.approx({"0": 60.0, "1": 60.1, "2": 60.2})
    assert (cells["best"].outcome, cells["last"].outcome, cells["best"].direction) == ("MATCH", "MATCH", "lower")


def test_only_the_best_is_said_to_be_optimistic(world: World) -> None:
    """Beside the cell and the claim, in the results and on the page."""
    report = world.report()
    cells, claims = {one.id: one for one in report.cells}, {one.id: one for one in report.claims}
    assert CHOSEN in cells["best"].marks
    assert CHOSEN in claims["beats_sift_fv"].marks
    assert CHOSEN not in cells["last"].marks
    assert render(report, {}).count(f"Note: {CHOSEN}") == 2


def test_a_run_that_diverged_has_the_error_of_guessing(world: World) -> None:
    """However good an epoch it had before; in a claim it is worse than any other."""
    learned(world, 1, CURVE[:2], outcome="diverged", values={}, diverged_at=40)
    report = world.report()
    cells = {one.id: one for one in report.cells}
    assert cells["best"].values["1"] == cells["last"].values["1"] == 90.0
    assert cells["best"].diverged == [1]


def test_a_training_without_its_curve_has_none(world: World) -> None:
    """Which is said, and judged as not run."""
    world.store.folder("train", world.plan.trainings["cnn", 2]).metrics.unlink()
    cell = next(one for one in world.report().cells if one.id == "best")
    assert (cell.outcome, list(cell.values)) == ("NOT RUN", ["0", "1"])
    assert "its learning curve is not there" in cell.reason


def test_errors_move_in_steps_of_their_own_images(world: World) -> None:
    """Of validation images, or of those that fill the batches of an epoch."""
    measured = judged(world.plan, world.store, statuses(world.plan, world.store, Locations()), {}).measured
    recipe = world.plan.experiments["cnn"].recipe
    seen = 1198 // recipe.batch * recipe.batch
    steps = {name: measured[f"cnn.epochs.{name}"].step(name) for name in ("best_validation_error", "best_train_error")}
    assert steps == {"best_validation_error": 100 / 199, "best_train_error": 100 / seen}


def test_a_report_judged_again_has_the_same(world: World) -> None:
    """Its curves are all that they rest on."""
    standing = statuses(world.plan, world.store, Locations())
    results, curves = gather(world.plan, world.store, standing, Choice("paper", "asked for", ""))
    again = judge_again(results, curves, world.plan.suite)
    assert [(one.id, one.values, one.outcome, one.marks) for one in again.cells] == [
        (one.id, one.values, one.outcome, one.marks) for one in results.cells
    ]


def test_a_changed_margin_after_the_training_is_extended(world: World) -> None:
    """The training is the job that such a cell rests on."""
    edited = world.edited(CELL, CLAIM, ('printed: "38.0", margin: 2', 'printed: "38.0", margin: 5'))
    cell = next(one for one in edited.report().cells if one.id == "best")
    assert cell.extended


@pytest.mark.parametrize(
    ("operand", "message"),
    [
        ("cnn.epochs.best_val_error", "no metric 'best_val_error'; did you mean 'best_validation_error'?"),
        ("cnn.epochs.top1_error", "no metric 'top1_error'; there are best_validation_error, last_validation_error, "),
        ("cnn.ten_crop.best_train_error", "no metric 'best_train_error'; there are top1_error, "),
        ("cnn.epoch.best_train_error", "no evaluation of 'cnn' 'epoch'; did you mean 'epochs'?"),
    ],
)
def test_only_names_that_there_are(tmp_path: Path, operand: str, message: str) -> None:
    """Found before anything is run."""
    (line,) = faults(written(tmp_path, (LESS, f"less: [{operand}, sift_fv.top1]")))
    assert f"claims.beats_sift_fv.less.0: {message}" in line


def test_an_evaluation_cannot_be_called_epochs(tmp_path: Path) -> None:
    """The word is taken."""
    replaced = ("      ten_crop: {split", "      epochs: {split"), ("value: cnn.ten_crop", "value: cnn.epochs")
    lines = faults(written(tmp_path, *replaced))
    assert any("`epochs` means the epochs of the training" in line for line in lines)
