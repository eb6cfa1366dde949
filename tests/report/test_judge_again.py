"""A published folder is judged again from its own files: the named verdicts, and nothing that they cannot tell."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli.main import command
from harness.report.judge_again import KEPT, LATE
from harness.report.page.digests import sealed
from harness.report.page.read import read_document, read_report
from harness.report.page.render import render

ROOT = Path(__file__).parent.parent.parent
PUBLISHED = ROOT / "reports" / "published"
PINNED = (ROOT / "constraints.txt").read_text("utf-8").split()
CHANGED = [
    ("figure1", "faster_at_a_third_of_the_rate", "CONFIRMED", "MIXED"),
    ("figure1", "a_month_instead", "CONFIRMED", "BY CONSTRUCTION"),
    ("figure4", "far_in_pixels", "CONFIRMED", "BY CONSTRUCTION"),
    ("regularisation", "views_prevent_overfitting", "CONFIRMED", "MIXED"),
    ("regularisation", "dropout_doubles_iterations", "CONFIRMED", "NOT COMPARABLE"),
    ("regularisation", "dropout_doubles_iterations.direction", "CONFIRMED", "CONFIRMED"),
    ("architecture", "memory_least", "CONTRADICTED", "INCONCLUSIVE"),
    ("architecture", "memory_apart", "CONTRADICTED", "INCONCLUSIVE"),
    ("timing", "views_are_free", "CONTRADICTED", "INCONCLUSIVE"),
    ("prelu_table1", "not_constrained", "CONTRADICTED", "INCONCLUSIVE"),
    ("prelu_table1", "conv1_shared", "CONTRADICTED", "MIXED"),
    ("prelu_table1", "conv1_channels", "CONTRADICTED", "INCONCLUSIVE"),
    ("prelu_figure2", "xavier_converges", "CONTRADICTED", "MIXED"),
    ("views", "ten_views_gain_top5.direction", "CONTRADICTED", "INCONCLUSIVE"),
    ("prelu_initialization_trained", "bad_weights_hamper", "CONTRADICTED", "MIXED"),
    ("prelu_table3", "complexities", "CONFIRMED", "CONTRADICTED"),
]


def folder_of(suite: str) -> Path:
    """The one report of a suite."""
    (path,) = (PUBLISHED / suite).glob("*/results.json")
    return path.parent


def again(folder: Path, *more: str) -> Any:
    """The command that judges a report folder again."""
    return CliRunner().invoke(command, ["report", str(folder), "--judge-again", *more])


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Every report that a named claim stands in, judged again in a copy."""
    root, found = tmp_path_factory.mktemp("reports"), {}
    for suite in dict.fromkeys(suite for suite, *_ in CHANGED):
        copy = shutil.copytree(folder_of(suite), root / suite)
        done = again(copy)
        assert done.exit_code == 0, done.output
        found[suite] = copy, read_document(copy / "results.json")
    return found


@pytest.mark.parametrize(("suite", "claim", "before", "today"), CHANGED)
def test_the_named_verdicts(judged: Any, suite: str, claim: str, before: str, today: str) -> None:
    """Each stands for a class; the outcome first published stands beside that of today."""
    record = next(one for one in judged[suite][1]["claims"] if one["id"] == claim)
    assert (record["before"]["outcome"], record["outcome"]) == (before, today)


def near(document: Any) -> Any:
    """A document whose numbers may differ in their last digits."""
    if isinstance(document, dict):
        return {name: near(value) for name, value in document.items()}
    if isinstance(document, list):
        return [near(value) for value in document]
    return pytest.approx(document, rel=1e-9) if isinstance(document, float) else document


@pytest.mark.parametrize("suite", ["figure1", "prelu_table3", "regularisation"])
def test_judging_again_gives_what_is_published(judged: Any, suite: str) -> None:
    """With any version of the libraries, up to the rounding of numbers, which moves the digest."""
    found, published = judged[suite][1], read_document(folder_of(suite) / "results.json")
    assert found | {"digest": ""} == near(published | {"digest": ""})


@pytest.mark.skipif(f"scipy=={version('scipy')}" not in PINNED, reason="another scipy rounds otherwise")
@pytest.mark.parametrize("suite", ["figure1", "prelu_table3", "regularisation"])
def test_what_is_published_is_what_judging_again_gives(judged: Any, suite: str) -> None:
    """To the byte, so it can be done as often as one likes; the page is a function of these and of its neighbours."""
    for name in ("results.json", "curves.json"):
        assert (judged[suite][0] / name).read_bytes() == (folder_of(suite) / name).read_bytes(), name
    page = (judged[suite][0] / "index.html").read_text("utf-8")
    assert page == render(*read_report(folder_of(suite)))


def test_a_rule_for_all_marks_nothing_and_a_changed_declaration_does(judged: Any) -> None:
    """The split of sizes and directions is such a rule; a bound given to one claim is none."""
    found = {suite: {one["id"]: one for one in document["claims"]} for suite, (_, document) in judged.items()}
    assert found["architecture"]["memory_least"]["extended"]
    assert 'exact: bound none -> "lower"' in found["architecture"]["memory_least"]["extended_reason"]
    assert not found["views"]["ten_views_gain_top5.direction"]["extended"]
    assert not found["figure4"]["far_in_pixels"]["extended"]


def test_post_hoc_claims_say_so_on_the_page(judged: Any) -> None:
    """With the result that they came after."""
    page = (judged["figure1"][0] / "index.html").read_text("utf-8")
    assert page.count('<span class="flag">POST HOC</span>') >= 2
    assert "Declared after a result: After the first results at small scale" in page
    assert "Judged again from its own files" in page
    assert "Epochs, slow over fast, by training error" in page


def test_what_the_files_do_not_hold_is_kept_and_said(tmp_path: Path) -> None:
    """Nets of ensembles are not in them one by one, so their claims keep the verdict that they had."""
    copy = shutil.copytree(folder_of("table2"), tmp_path / "table2")
    assert again(copy).exit_code == 0
    found = {one["id"]: one for one in read_document(copy / "results.json")["claims"]}
    kept = found["five_gain_top1.direction"]
    assert (kept["outcome"], KEPT in kept["marks"]) == ("CONFIRMED", True)
    assert KEPT not in found["pretrained_gain_top1.direction"]["marks"]


def test_another_result_gives_another_verdict(tmp_path: Path) -> None:
    """It is judged and not read: with test errors turned round, the claim that they decide is contradicted."""
    copy = shutil.copytree(folder_of("scaling"), tmp_path / "scaling")
    document = read_document(copy / "results.json")
    arms = {name: document["experiments"][name]["jobs"] for name in ("full", "quarter_time")}
    for one, other in zip(arms["full"], arms["quarter_time"], strict=True):
        first, second = one["evaluations"]["val_ten"], other["evaluations"]["val_ten"]
        first["values"], second["values"] = second["values"], first["values"]
    whole = sealed(document, read_document(copy / "curves.json"))
    (copy / "results.json").write_text(json.dumps(whole), encoding="utf-8")
    assert again(copy).exit_code == 0
    found = {one["id"]: one["outcome"] for one in read_document(copy / "results.json")["claims"]}
    assert found["faster_gpus"] == "CONTRADICTED"


def test_a_claim_that_was_declared_later_says_so(judged: Any, tmp_path: Path) -> None:
    """A suite of one's own judges too, by its file; what it adds came after the results."""
    copy = shutil.copytree(folder_of("scaling"), tmp_path / "scaling")
    text = (PUBLISHED.parent.parent / "suites" / "scaling.yaml").read_text("utf-8")
    late = "claims:\n  slower_gpus: {ref: A01, says: so, source: ours, less: [quarter_time.val_ten.top1_error, full.val_ten.top1_error]}\n"  # noqa: E501
    (tmp_path / "scaling.yaml").write_text(text.replace("claims:\n", late, 1), encoding="utf-8")
    assert again(copy, "--suite", str(tmp_path / "scaling.yaml")).exit_code == 0
    record = read_document(copy / "results.json")["claims"][0]
    assert (record["id"], record["outcome"], LATE in record["marks"]) == ("slower_gpus", "CONTRADICTED", True)


@pytest.mark.parametrize(
    ("suite", "old", "new", "says"),
    [
        ("scaling", "  small:\n    seeds: 6\n", "  small:\n    seeds: 3\n", "seeds 6 -> 3"),
        ("scaling", "    smallest_effect: 0.5\n", "    smallest_effect: 20\n", "smallest_effect 0.5 -> 20"),
        ("figure1", "    by_construction: Five days", "    # Five days", "by_construction taken out"),
    ],
    ids=["seeds", "smallest effect", "by construction"],
)
def test_what_a_suite_loosened_for_the_scale_is_marked_for_good(
    tmp_path: Path, suite: str, old: str, new: str, says: str
) -> None:
    """Also when the report is judged by that suite once more, which is then the text that it holds."""
    copy = shutil.copytree(folder_of(suite), tmp_path / suite)
    text = (PUBLISHED.parent.parent / "suites" / f"{suite}.yaml").read_text("utf-8")
    assert old in text
    (tmp_path / f"{suite}.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    for _ in range(2):
        done = again(copy, "--suite", str(tmp_path / f"{suite}.yaml"))
        assert done.exit_code == 0, done.output
        claims = read_document(copy / "results.json")["claims"]
        told = [one["extended_reason"] or "" for one in claims if one["extended"]]
        assert any(f"changed since the report was judged before: {says}" in reason for reason in told)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["report", "figure1", "--judge-again"], "is no report folder"),
        (["report", "{folder}", "--suite", "figure1"], "--suite is the suite for --judge-again"),
        (["report", "{folder}", "--judge-again", "--suite", "figure4"], "the report is of 'scaling'"),
    ],
)
def test_bad_input_is_told_in_one_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    """And nothing is written."""
    copy = shutil.copytree(folder_of("scaling"), tmp_path / "scaling")
    before = (copy / "results.json").read_bytes()
    done = CliRunner().invoke(command, [one.format(folder=copy) for one in arguments])
    assert (done.exit_code, says in str(done.exception) + done.output) == (2, True) or says in str(done.exception)
    assert (copy / "results.json").read_bytes() == before


def test_a_claim_added_since_has_no_verdict_that_was_first_published() -> None:
    """However often the report is judged again, and so it is in no list of changes."""
    record = next(
        one
        for one in read_document(folder_of("table1") / "results.json")["claims"]
        if one["id"] == "own_errors_released"
    )
    assert (record["outcome"], "before" in record) == ("NOT COMPARABLE", False)


def test_a_cell_added_since_has_no_verdict_that_was_first_published_either(judged: Any) -> None:
    """Judged again a second time it is still one that no report had; the cells beside it keep theirs."""
    cells = {one["id"]: one for one in judged["prelu_table3"][1]["cells"]}
    assert LATE in cells["filters_112_vgg19"]["marks"]
    assert "before" not in cells["filters_112_vgg19"]
    assert "before" in cells["complexity_a"]
