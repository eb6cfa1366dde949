"""Scores that a test server gave: entered once, checked against predictions, judged, and told as entered by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_challenge import Challenge, by_id, made, patched

from harness.errors import UsageError
from harness.run.record_score import percentage
from harness.run.submission import write_submission
from harness.store.documents import seal
from harness.store.store import file_sha256

SAID = ["--from", "ILSVRC server", "--date", "2026-01-05", "--url", "https://image-net.org/x"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Challenge]:
    """The suite, run, nothing recorded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        world = made(tmp_path_factory.mktemp("challenge"), patch)
        done = world.call("run", world.suite, "--scale", "paper", "--out", world.folder / "report", "--threads", "1")
        assert done.exit_code == 0, done.exception
        yield world


@pytest.fixture
def world(finished: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Challenge:
    """A copy of it to record in."""
    patched(finished.wnids, monkeypatch)
    return finished.copied(tmp_path / "world")


@pytest.fixture
def kit(world: Challenge) -> Path:
    """The kit's list of classes, which is not sorted."""
    path = world.folder / "synsets.txt"
    path.write_text("\n".join([*world.wnids[3:], *world.wnids[:3]]) + "\n")
    return path


def entered(world: Challenge, cell: str, *values: str) -> None:
    """Enter one value a seed."""
    for seed, value in enumerate(values):
        done = world.call("record", world.suite, cell, value, *SAID, "--seed", seed, data=False)
        assert done.exit_code == 0, done.exception
        assert Path(done.output.strip()).is_file()


def run_again(world: Challenge, scale: float = 2.0) -> None:
    """Let a test come out otherwise: other probabilities, a result that says so."""
    folder = world.test("net")
    with np.load(folder.predictions) as stored:
        arrays = {name: stored[name] for name in stored.files}
    np.savez(folder.predictions, **arrays | {"probabilities": arrays["probabilities"] * scale})
    result = folder.read_result()
    assert result is not None
    folder.write_result({name: value for name, value in result.items() if name not in ("seal", "format", "outputs")})


def test_a_recorded_score_is_judged_like_any_other(world: Challenge) -> None:
    """With three seeds near the printed number the cell matches, and the claim about it with it."""
    entered(world, "net.top5", "16.3", "16.4", "16.5%")
    results, page = world.report()
    cell = by_id(results["cells"])["net.top5"]
    assert (cell["values"], cell["outcome"]) == ({"0": 16.3, "1": 16.4, "2": 16.5}, "MATCH")
    assert by_id(results["claims"])["error"]["outcome"] == "CONFIRMED"
    assert by_id(results["claims"])["beats"]["outcome"] == "CONFIRMED"
    assert by_id(results["claims"])["beats"]["recorded_operands"] == ["net.top5"]
    assert by_id(results["claims"])["exact"]["recorded_operands"] is None
    assert '<span class="flag">RECORDED</span>' in page
    assert page.count("Rests on what was recorded by hand: net.top5") == 2


def test_the_report_says_whose_word_it_is(world: Challenge) -> None:
    """Who, when, where, of which predictions: in results.json, on the page, in the exports and on the terminal."""
    entered(world, "pair.top5", "15.2", "15.3", "15.4")
    results, page = world.report()
    record = by_id(results["cells"])["pair.top5"]["recorded"]["1"]
    assert (record["value"], record["from"], record["date"]) == (15.3, "ILSVRC server", "2026-01-05")
    assert record["url"] == "https://image-net.org/x"
    assert record["predictions_sha256"] == file_sha256(world.test("pair", seed=1).predictions)
    assert "Recorded by hand: seed 1, 15.3% from ILSVRC server, https://image-net.org/x, 2026-01-05" in page
    assert by_id(results["cells"])["seen.top5"]["recorded"] is None
    markdown = world.call(
        "report", world.suite, "--scale", "paper", "--export", "markdown", "--out", world.folder / "r"
    )
    (row,) = (line for line in markdown.output.splitlines() if "Two nets" in line)
    assert "MATCH at paper scale, RECORDED" in row
    shown = world.call("run", world.suite, "--scale", "paper", "--full", "--out", world.folder / "r")
    assert "RECORDED pair.top5: 15.3% of seed 1 was recorded by hand: ILSVRC server" in " ".join(shown.output.split())


def test_fewer_scores_than_seeds_are_no_verdict(world: Challenge) -> None:
    """As of any number, every declared seed is needed; what is missing is told."""
    entered(world, "net.top5", "16.3", "16.4")
    cell = by_id(world.report()[0]["cells"])["net.top5"]
    assert (cell["outcome"], cell["n"]) == ("NOT RUN", 2)
    assert cell["reason"].endswith("`record` enters the server's score (2 of 3 seeds)")


def test_a_score_of_other_predictions_no_longer_counts(world: Challenge) -> None:
    """When the test has run again and said something else, the report says so and the number is gone."""
    entered(world, "net.top5", "16.3", "16.4", "16.5")
    run_again(world)
    cell = by_id(world.report()[0]["cells"])["net.top5"]
    assert (cell["outcome"], cell["values"]) == ("NOT RUN", {"1": 16.4, "2": 16.5})
    assert cell["reason"].startswith("the score of seed 0 (16.3%: ILSVRC server, https://image-net.org/x, 2026-01-05)")
    assert "is of other predictions: the test has run again since" in cell["reason"]


def test_a_score_of_predictions_that_are_gone_no_longer_counts(world: Challenge) -> None:
    """The record stays in its file."""
    entered(world, "net.top5", "16.3")
    world.test("net").path.rename(world.folder / "aside")
    assert "no longer in the store" in by_id(world.report()[0]["cells"])["net.top5"]["reason"]


def test_the_test_coming_out_the_same_keeps_the_score(world: Challenge) -> None:
    """Byte for byte the same predictions are the ones that were scored."""
    entered(world, "net.top5", "16.3", "16.4", "16.5")
    world.test("net").path.rename(world.folder / "aside")
    world.call("run", world.suite, "--scale", "paper", "--out", world.folder / "report", "--threads", "1")
    assert by_id(world.report()[0]["cells"])["net.top5"]["outcome"] == "MATCH"


def test_a_second_score_is_refused_and_replacing_loses_nothing(world: Challenge) -> None:
    """The first stays in the file as superseded, and so does the second when there is a third."""
    entered(world, "net.top5", "16.3")
    again = ["record", world.suite, "net.top5", "20", *SAID]
    assert "16.3% is recorded already (ILSVRC server" in world.refused(*again)
    for value in ("20", "21"):
        done = world.call(*again[:3], value, *SAID, "--replace", data=False)
        assert done.exit_code == 0
    document = json.loads(Path(done.output.strip()).read_text())
    assert document["score"]["value"] == 21
    assert [one["value"] for one in document["superseded"]] == [20, 16.3]
    assert by_id(world.report()[0]["cells"])["net.top5"]["values"] == {"0": 21}


def replaced(world: Challenge, *values: str) -> None:
    """Enter values of net.top5 for seed 0, each in the place of the one before."""
    for value in values:
        done = world.call("record", world.suite, "net.top5", value, *SAID, "--replace", data=False)
        assert done.exit_code == 0, done.exception


def test_a_score_in_the_place_of_another_says_so_wherever_it_counts(world: Challenge) -> None:
    """Beside the cell and each claim that rests on it: every earlier score with its time, in both documents."""
    entered(world, "net.top5", "20.5", "16.4", "16.5")
    replaced(world, "18.5", "16.3")
    results, page = world.report()
    cell = by_id(results["cells"])["net.top5"]
    assert cell["outcome"] == "MATCH"
    (mark,) = cell["marks"]
    assert mark.startswith("the score of seed 0, 16.3% (ILSVRC server, ")
    assert "took the place of 18.5% of the same predictions (" in mark
    assert ", and before it of 20.5% of the same predictions (" in mark
    assert mark.count("entered 20") == 3
    assert by_id(results["claims"])["beats"]["marks"] == cell["marks"]
    assert page.count(f"Note: {mark}".replace("'", "&#39;")) >= 2


def test_the_scores_that_were_replaced_stand_in_the_results(world: Challenge) -> None:
    """As they were entered, newest first."""
    entered(world, "net.top5", "20.5", "16.4", "16.5")
    replaced(world, "18.5", "16.3")
    record = by_id(world.report()[0]["cells"])["net.top5"]["recorded"]["0"]
    assert [(one["value"], one["same_predictions"]) for one in record["replaced"]] == [(18.5, True), (20.5, True)]
    assert all(one["entered_at"] and one["from"] == "ILSVRC server" for one in record["replaced"])


def test_a_score_of_earlier_predictions_is_told_apart(world: Challenge) -> None:
    """The test has run again, and its new predictions were scored."""
    entered(world, "net.top5", "20.5", "16.4", "16.5")
    run_again(world)
    replaced(world, "16.3")
    (mark,) = by_id(world.report()[0]["cells"])["net.top5"]["marks"]
    assert "took the place of 20.5% of other predictions (" in mark


def test_the_terminal_tells_of_scores_that_were_replaced(world: Challenge) -> None:
    """Beside the one that stands."""
    entered(world, "net.top5", "20.5", "16.4", "16.5")
    replaced(world, "16.3")
    shown = world.call("run", world.suite, "--scale", "paper", "--full", "--out", world.folder / "r", "--threads", "1")
    assert "in the place of 20.5% (ILSVRC server" in " ".join(shown.output.split())


def test_an_edited_record_is_not_believed(world: Challenge) -> None:
    """Its seal no longer fits, and the report refuses with the file's name rather than show it."""
    entered(world, "net.top5", "16.3")
    (path,) = (world.store.root / "recorded").iterdir()
    path.write_text(path.read_text().replace("16.3", "15.3"))
    done = world.call("report", world.suite, "--scale", "paper", "--out", world.folder / "report")
    assert f"{path} is damaged or was edited" in str(done.exception)
    document = json.loads(path.read_text())
    path.write_text(json.dumps(seal(document | {"key": "0" * 64})))
    assert by_id(world.report()[0]["cells"])["net.top5"]["values"] == {}  # a record of another job is none of this one


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize("experiment", ["net", "pair"])
def test_the_submission_is_the_one_that_was_made(
    world: Challenge, kit: Path, experiment: str, *, checked: bool
) -> None:
    """Of one net and of an ensemble; with the kit number by number, without it up to the numbering."""
    sent = world.folder / "sent.txt"
    done = world.call("submission", world.test(experiment).predictions, "--kit", kit, "--out", sent, data=False)
    assert write_submission(world.test(experiment).predictions, kit, sent) == 12, done.output
    more = ["--submission", sent, *(["--kit", kit] if checked else [])]
    done = world.call("record", world.suite, f"{experiment}.top5", "16.4", *SAID, *more, data=False)
    assert done.exit_code == 0, done.exception
    stored = json.loads(Path(done.output.strip()).read_text())["score"]["submission"]
    assert stored["sha256"] == file_sha256(sent)


def swapped(lines: list[str]) -> list[str]:
    """The first two images' lines, or guesses, changed places."""
    first = " ".join(reversed(lines[0].split()))
    return [first, *lines[1:]]


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (swapped, "was not made from"),
        (lambda lines: lines[:-1], "11 lines, where these predictions make 12"),
        (lambda lines: [line + " 6" for line in lines], "cannot be read as lines of five whole numbers"),
        (lambda lines: ["a b c d e", *lines[1:]], "cannot be read as lines of five whole numbers"),
        (lambda _: ["9" * 40 + " 1 2 3 4"], "cannot be read as lines of five whole numbers"),
        (lambda lines: ["1 1 1 1 1" for _ in lines], "was not made from"),
        (lambda _: [], "0 lines"),
    ],
)
def test_a_submission_of_other_predictions_is_refused(
    world: Challenge, kit: Path, change: Any, message: str, *, checked: bool
) -> None:
    """Another order, another length, no numbers: nothing is recorded."""
    sent = world.folder / "sent.txt"
    write_submission(world.test("net").predictions, kit, sent)
    sent.write_text("".join(f"{line}\n" for line in change(sent.read_text().splitlines())))
    more = ["--submission", sent, *(["--kit", kit] if checked else [])]
    assert message in world.refused("record", world.suite, "net.top5", "16.4", *SAID, *more)
    assert not (world.store.root / "recorded").exists()


def test_a_wrong_numbering_is_seen_with_the_kit_alone(world: Challenge, kit: Path) -> None:
    """A file numbered by another list ranks the same classes; only the kit can tell."""
    other, sent = world.folder / "other.txt", world.folder / "sent.txt"
    other.write_text("\n".join([*world.wnids[1:], world.wnids[0]]))
    write_submission(world.test("net").predictions, other, sent)
    said = ["record", world.suite, "net.top5", "16.4", *SAID, "--submission", sent]
    assert "was not made from" in world.refused(*said, "--kit", kit)
    assert world.call(*said, data=False).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nett.top5", "16.4", *SAID], "no cell 'nett.top5'; did you mean 'net.top5'?"),
        (["seen.top5", "16.4", *SAID], "is of val images whose labels are known"),
        (["other.top5", "16.4", *SAID], "points to no test"),
        (["sum", "16.4", *SAID], "points to no test"),
        (["loss", "16.4", *SAID], "is of cross_entropy"),
        (["net.top5", "16.4", *SAID, "--seed", "3"], "declares the seeds 0 to 2"),
        (["net.top5", "16.4", *SAID, "--scale", "subset"], "points to no test at subset scale"),
        (["net.top5", "16.4", *SAID, "--scale", "ci"], "has no scale 'ci'"),
        (["net.top5", "101", *SAID], "not a percentage"),
        (["net.top5", "nan", *SAID], "not a percentage"),
        (["net.top5", "0.164", *SAID], "if that is a fraction, enter it as 16.4"),
        (["net.top5", "16.4", *SAID[:2], "--date", "5.1.2026"], "not a day"),
        (["net.top5", "16.4", *SAID[:2], "--date", "20260105"], "not a day"),
        (["net.top5", "16.4", "--from", " ", "--date", "2026-01-05"], "--from: needs one line"),
        (["net.top5", "16.4", "--from", "a\nb", "--date", "2026-01-05"], "--from: needs one line"),
        (["net.top5", "16.4", *SAID[:4], "--url", "javascript:alert(1)"], "not a web address"),
        (["net.top5", "16.4", *SAID[:4], "--url", "http://[x"], "not a web address"),
        (["net.top5", "16.4", *SAID, "--kit", "challenge.yaml"], "name that file too"),
    ],
)
def test_what_cannot_be_a_score_is_refused(
    world: Challenge, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    """Exit 2 with a message, and nothing is written."""
    monkeypatch.chdir(world.folder)
    assert message in world.refused("record", world.suite, *arguments)
    assert not (world.store.root / "recorded").exists()


def test_a_day_to_come_is_refused(world: Challenge) -> None:
    """No server has answered then."""
    later = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    said = ["--from", "x", "--date", later]
    assert "lies in the future" in world.refused("record", world.suite, "net.top5", "16.4", *said)


def test_without_predictions_nothing_is_recorded(world: Challenge) -> None:
    """Of a test that has not run, and of one that left none; no folder is made for it."""
    folder = world.test("net")
    result = folder.read_result()
    assert result is not None
    folder.predictions.rename(world.folder / "aside.npz")
    done = world.call("record", world.suite, "net.top5", "16.4", *SAID, data=False)
    assert "missing or damaged" in str(done.exception)
    folder.write_result({name: value for name, value in result.items() if name not in ("seal", "format", "outputs")})
    assert "holds no predictions" in world.refused("record", world.suite, "net.top5", "16.4", *SAID)
    folder.path.rename(world.folder / "aside")
    assert "has no result" in world.refused("record", world.suite, "net.top5", "16.4", *SAID)
    assert not folder.path.exists()


def test_ensembles_keep_predictions_in_the_form_of_a_test(world: Challenge) -> None:
    """The mean of its members, under the same names and of the same types, with no values where there are no labels."""
    with np.load(world.test("pair").predictions, allow_pickle=False) as stored:
        mean = {name: stored[name] for name in stored.files}
    members = []
    for seed in (0, 1):
        with np.load(world.test("net", seed=seed).predictions, allow_pickle=False) as stored:
            members.append({name: stored[name] for name in stored.files})
    assert {name: value.dtype for name, value in mean.items()} == {n: v.dtype for n, v in members[0].items()}
    assert all(np.array_equal(mean[name], members[0][name]) for name in ("ids", "labels", "classes"))
    expected = (members[0]["probabilities"].astype(float) + members[1]["probabilities"]) / 2
    np.testing.assert_allclose(mean["probabilities"], expected, atol=1e-7)
    result = world.test("pair").read_result()
    assert result is not None
    assert (result["values"], set(result["outputs"])) == ({}, {"predictions.npz"})


def test_test_images_that_are_not_there_block_their_tests_alone(
    finished: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no part of the training set's download, so the rest of the suite runs without them."""
    patched(finished.wnids, monkeypatch)
    world = finished.copied(tmp_path / "world")
    for path in world.store.root.glob("e*-*"):
        path.rename(world.folder / path.name)
    (world.folder / "data" / "ilsvrc2012" / "test").rename(world.folder / "test")
    done = world.call("run", world.suite, "--scale", "paper", "--out", world.folder / "report", "--threads", "1")
    assert done.exit_code == 0, done.exception
    cells = by_id(json.loads((world.folder / "report" / "results.json").read_text())["cells"])
    assert cells["seen.top5"]["n"] == 3
    assert cells["net.top5"]["reason"] == "the test images of ILSVRC-2012 are not on disk (0 of 3 seeds)"
    assert cells["pair.top5"]["reason"].startswith("it needs what is blocked: test net.submitted, seed 0")


def test_scores_outlive_the_images_of_their_test(world: Challenge) -> None:
    """Which may go, for they are many; nothing is stale for it."""
    entered(world, "net.top5", "16.3", "16.4", "16.5")
    (world.folder / "data" / "ilsvrc2012" / "test").rename(world.folder / "test")
    cell = by_id(world.report()[0]["cells"])["net.top5"]
    assert (cell["outcome"], cell["stale"]) == ("MATCH", None)


def test_a_test_of_one_scale_is_no_test_of_another(world: Challenge) -> None:
    """No job is planned for it there, and its cells say why they have nothing."""
    assert {name for _, name, _ in world.plan("subset").evaluations} == {"seen"}
    world.call("report", world.suite, "--scale", "subset", "--out", world.folder / "report")
    cells = by_id(json.loads((world.folder / "report" / "results.json").read_text())["cells"])
    assert cells["net.top5"]["reason"] == "this test is taken at paper scale only (0 of 1 seed)"


@pytest.mark.parametrize(("text", "value"), [("16.4", 16.4), (" 16.4 % ", 16.4), ("0", 0), ("100", 100), ("0.5%", 0.5)])
def test_percentages(text: str, value: float) -> None:
    """As typed, with or without the sign."""
    assert percentage(text) == value


@pytest.mark.parametrize("text", ["", "%", "inf", "-1", "1e3", "sixteen", "0x10"])
def test_no_percentages(text: str) -> None:
    """What is none is refused."""
    with pytest.raises(UsageError, match="not a percentage"):
        percentage(text)
