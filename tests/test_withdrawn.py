"""Attempts to leave out what came out badly: whatever was declared and had a result is listed when it is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fabricated import Fake, finish_all
from judged_worlds import World
from suite_files import TABLE1, written

from harness.cli.main import command
from harness.cli.result_screen import show_results
from harness.plan.preregistration import declare
from harness.report.page.render import render

BAD = {seed: (40.0 + seed / 10, 19.5 + seed / 10) for seed in range(3)}
OTHER_MARGIN = ('metric: top1_error, unit: "%", margin: 0.5', 'metric: top1_error, unit: "%", margin: 9')


def line_of(name: str) -> str:
    """The text of a claim in Table 1's file."""
    lines = TABLE1.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith(f"  {name}:"))
    end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith("    ")), len(lines))
    return "".join(lines[start:end])


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One that came out badly and was reported by a run."""
    world = World.made(tmp_path / "honest", errors=BAD)
    world.remembered()
    return world


def gone(world: World, *changes: tuple[str, str]) -> dict[str, dict[str, Any]]:
    """What a report lists after the suite was edited, by id."""
    edited = world.edited(*changes)
    declare(edited.plan, edited.store)
    return {one["id"]: one for one in edited.results()["withdrawn"]}


def test_nothing_is_listed_of_a_suite_as_it_was_declared(world: World) -> None:
    """However often it runs."""
    assert gone(world) == {}


def test_a_claim_that_was_taken_out_is_listed_with_what_it_came_to(world: World) -> None:
    """By the report of the run, and by its form from the results of today."""
    found = gone(world, (line_of("own_errors"), ""))
    assert found.keys() == {"own_errors"}
    one = found["own_errors"]
    assert one["why"] == "taken out of the suite after its first result"
    assert [verdict["outcome"] for verdict in one["came_to"]] == ["CONTRADICTED"]
    assert one["today"]["outcome"] == "CONTRADICTED"


@pytest.mark.parametrize(
    ("instead", "why"),
    [("impossible: it needs two GPUs", "declared impossible after its first result: it needs two GPUs"),
     ("quoted: from elsewhere", "declared a quotation after its first result: from elsewhere")],
)  # fmt: skip
def test_a_claim_that_nothing_tests_any_more_is_listed(world: World, instead: str, why: str) -> None:
    """And says so where it stands."""
    change = ("cells: [cnn.top1, cnn.top5]", instead)
    assert gone(world, change)["own_errors"]["why"] == why
    claim = next(one for one in world.edited(change).results()["claims"] if one["id"] == "own_errors")
    assert claim["marks"] == [why]


CELL = ('printed: {top1: "37.5", top5: "17.0"}', 'printed: {top5: "17.0"}')
NOT_CLAIMED = (
    ("cells: [cnn.top1, cnn.top5]", "cells: [cnn.top5]"),
    ("less: [cnn.top1, sparse", "less: [cnn.top5, sparse"),
    ("less: [cnn.top1, sift", "less: [cnn.top5, sift"),
)


def test_a_cell_that_was_taken_out_is_listed(world: World) -> None:
    """Its number is still measured, so it is judged by the form that it had."""
    found = gone(world, CELL, *NOT_CLAIMED)
    assert found["cnn.top1"]["why"] == "taken out of the suite after its first result"
    assert [verdict["outcome"] for verdict in found["cnn.top1"]["came_to"]] == ["WORSE"]
    assert found["cnn.top1"]["today"]["outcome"] == "WORSE"


def test_every_verdict_that_reports_gave_is_kept_in_turn(world: World) -> None:
    """One that was loosened before it was taken out shows both, the second as extended."""
    loose = world.edited(OTHER_MARGIN)
    loose.remembered()
    came_to = gone(world, OTHER_MARGIN, CELL, *NOT_CLAIMED)["cnn.top1"]["came_to"]
    assert [(one["outcome"], one["extended"]) for one in came_to] == [("WORSE", False), ("MATCH", True)]


def test_the_same_verdict_again_is_kept_once(world: World) -> None:
    """However often a run reports it."""
    for _ in range(3):
        world.remembered()
    assert len(gone(world, (line_of("own_errors"), ""))["own_errors"]["came_to"]) == 1


def test_before_its_first_result_everything_may_go(tmp_path: Path) -> None:
    """There is nothing that anybody could have looked at."""
    assert gone(World.begun(tmp_path / "begun"), (line_of("own_errors"), "")) == {}


def test_what_no_run_reported_is_listed_all_the_same(tmp_path: Path) -> None:
    """A run that was stopped before its report, whose results somebody read in the store."""
    found = gone(World.made(tmp_path / "stopped", errors=BAD), (line_of("own_errors"), ""))
    assert (found["own_errors"]["came_to"], found["own_errors"]["today"]["outcome"]) == ([], "CONTRADICTED")


def test_what_comes_back_is_listed_no_more(world: World) -> None:
    """It is judged as it was declared."""
    gone(world, (line_of("own_errors"), ""))
    assert gone(world) == {}


def test_a_name_that_is_judged_by_another_form_on_other_jobs_is_listed(world: World) -> None:
    """A wider margin and another recipe in one step, for which no result was seen."""
    edited = world.edited(OTHER_MARGIN, ("epochs: 16, batch: 32", "epochs: 17, batch: 32"))
    declare(edited.plan, edited.store)
    finish_all(edited.store, edited.plan, BAD)
    found = {one["id"]: one for one in edited.results()["withdrawn"]}
    assert found["cnn.top1"]["why"] == "judged in another form and on other jobs since: margin 0.5 -> 9.0"


def test_another_recipe_alone_withdraws_nothing(world: World) -> None:
    """It is declared as what the paper's or our own choice is, and the form is the same."""
    assert gone(world, ("epochs: 16, batch: 32", "epochs: 17, batch: 32")) == {}


def test_the_headline_counts_what_is_gone(world: World) -> None:
    """So the index of published reports says it too."""
    edited = world.edited((line_of("own_errors"), ""))
    assert edited.results()["headline"].endswith("; 1 declared and judged no more.")


def test_the_page_lists_it_with_its_verdicts(world: World) -> None:
    """In a section of its own, which is in the contents."""
    page = render(world.edited((line_of("own_errors"), "")).report(), {})
    assert '<a href="#withdrawn">Declared and judged no more</a>' in page
    section = page.split('<section id="withdrawn"')[1].split("</section>")[0]
    assert "taken out of the suite after its first result" in section
    assert section.count("CONTRADICTED") == 2


def test_a_page_without_such_has_no_such_section(world: World) -> None:
    """Nothing is said of nothing."""
    assert "withdrawn" not in render(world.report(), {}).split("<main")[1]


def test_the_terminal_lists_it(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """After the verdicts."""
    show_results(world.edited((line_of("own_errors"), "")).report(), Path("report"), full=True)
    said = " ".join(capsys.readouterr().out.split())
    assert "WITHDRAWN claim own_errors: taken out of the suite after its first result; CONTRADICTED: " in said


def test_the_same_by_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that came out, the suite edited, and a report of it: `run --json` says it as well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.run.pipeline.Local", lambda *_: Fake())
    monkeypatch.delattr("harness.run.pipeline.Pool")
    flags = ["--scale", "ci", "--device", "cpu", "--threads", "1", "--jobs", "1"]
    assert CliRunner().invoke(command, ["run", str(TABLE1), *flags]).exit_code == 0
    edited = written(tmp_path, (line_of("own_errors"), ""), name="table1")
    done = CliRunner().invoke(command, ["run", str(edited), *flags, "--json"])
    assert done.exit_code == 0, done.output
    assert '"taken out of the suite after its first result"' in done.output
    assert '<section id="withdrawn"' in (tmp_path / "reports/table1/ci/index.html").read_text(encoding="utf-8")
