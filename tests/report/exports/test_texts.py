"""Every export says of each verdict what a reader has to know: divergence, flags and level of evidence."""

import json
from pathlib import Path

import pytest
from result_documents import blank_cell, blank_claim, blank_results, typed

from harness.report.exports import EXPORTS
from harness.report.exports.texts import KINDS, export

DIGEST = "d" * 64


def a_test(error):
    """The test of one net on the images of `DIGEST`."""
    return {"key": "k", "values": {"top1_error": error}, "count": 100, "ids_sha256": DIGEST}


def training(seed, outcome):
    """A training whose seed diverged or not."""
    return {
        "kind": "train", "seed": seed, "key": f"k{seed}", "outcome": outcome, "reason": "", "weights_sha256": None,
        "diverged_at": 7 if outcome == "diverged" else None, "marks": [], "values": {"train_error": 1.0},
        "evaluations": {"whole": a_test(90.0 if outcome == "diverged" else 20.5)}, "inspections": {},
    }  # fmt: skip


def experiment():
    """Three seeds, the second of which diverged."""
    jobs = [training(seed, "diverged" if seed == 1 else "done") for seed in range(3)]
    return {"says": None, "spec": {}, "jobs": jobs}


def everything():
    """A document with a diverged seed, every flag, and a level of evidence."""
    cell = blank_cell(
        id="net.top1", label="Net, top-1", printed="24.20", paper=24.2, unit="%", metric="top1_error", n=3,
        value="net.whole.top1_error", values={"0": 20.5, "1": 90.0, "2": 20.5}, mean=43.6666, interval=[-56.0, 143.4],
        outcome="NOT COMPARABLE", diverged=[1], extended=True, extended_reason="margin", stale="other code",
        recorded={"0": {"value": 20.5, "from": "a server"}}, imported=[{"from": "somebody"}], direction="lower",
    )  # fmt: skip
    claim = blank_claim(
        id="better", ref="C01", says="The net is better", operands=["net.whole.top1_error", "other.whole.top1_error"],
        outcome="INCONCLUSIVE", evidence="small scale", n=3, effect=-1.0, p=0.2, p_holm=0.4, extended=True,
        post_hoc="after a look", stale="other code", imported=[{"from": "somebody"}], recorded_operands=["net"],
    )  # fmt: skip
    data = {
        "name": "fashion_mnist", "version": "1", "split": "test", "official": True, "official_reason": "as published",
        "whole": True, "count": 100, "fingerprint": "f" * 64, "ids_sha256": DIGEST,
    }  # fmt: skip
    return typed(
        blank_results(
            suite="s", paper="p", title="Table", scale="small", cells=[cell], claims=[claim], data=[data],
            experiments={"net": experiment(), "other": experiment()}, environment={"harness": "1.2.3"},
        )
    )  # fmt: skip


def crate(results, folder):
    """The metadata of a crate as text."""
    pytest.importorskip("rocrate", reason="the extra `crate` is not installed")
    from harness.report.exports.crate import write_crate

    for name in ("index.html", "results.json", "curves.json"):
        (folder / name).write_text("{}")
    return write_crate(results, folder).read_text("utf-8")


def every_export(results, folder):
    """Each kind of export with its text."""
    texts = {kind: export(results, kind) for kind in KINDS}
    return texts | {"crate": crate(results, folder)}


@pytest.mark.parametrize("kind", [*KINDS, "crate"])
def test_it_stands_beside_the_verdicts(tmp_path, kind):
    """Of the cell and of the claim: the level, each flag, and the seeds that diverged."""
    results = everything()
    text = crate(results, tmp_path) if kind == "crate" else export(results, kind)
    said = ["EXTENDED", "POST HOC", "STALE", "RECORDED", "IMPORTED", "at small scale"]
    assert [words for words in said if words not in text] == []
    assert text.count("1 of 3 seeds diverged, counted as guessing") >= 3
    assert "IMPORTED, 1 of 3 seeds diverged" in text


@pytest.mark.parametrize("kind", [*KINDS, "crate"])
def test_nothing_is_said_where_there_is_nothing(tmp_path, kind):
    """A sound result has none of these words."""
    results = everything()
    plain = {"extended": False, "stale": None, "imported": None}
    cell = results.cells[0].model_copy(update=plain | {"recorded": None, "diverged": []})
    sound = results.model_copy(update={"cells": [cell], "claims": []})
    text = crate(sound, tmp_path) if kind == "crate" else export(sound, kind)
    words = ["EXTENDED", "POST HOC", "STALE", "RECORDED", "IMPORTED", "counted as guessing"]
    assert [word for word in words if word in text] == []


@pytest.mark.parametrize("kind", ["latex", "markdown", "eval-results"])
def test_an_interval_of_an_error_is_cut_and_says_so(kind):
    """No error is below 0 or above 100."""
    text = export(everything(), kind)
    assert "-56" not in text
    assert "143" not in text
    assert "cut at 0 and 100" in text


def test_the_frame_is_cut_too():
    """It has a column that says so, and the mean of the seeds that did not diverge."""
    (cell, claim) = json.loads(export(everything(), "json"))
    assert (cell["interval_low"], cell["interval_high"], cell["bounded"]) == (0.0, 100.0, "cut at 0 and 100")
    assert (cell["diverged"], cell["diverged_seeds"], cell["mean_of_sound"]) == (1, "1", 20.5)
    assert (claim["diverged"], claim["level"]) == (2, "at small scale")
    assert claim["diverged_seeds"] == "net.whole.top1_error 1, other.whole.top1_error 1"


def test_every_kind_is_of_the_command():
    """`report --export` offers each."""
    from harness.cli.main import command

    (option,) = [one for one in command.commands["report"].params if one.name == "export"]
    assert tuple(option.type.choices) == EXPORTS == (*KINDS, "crate")


@pytest.mark.published
def test_published_reports_are_exported():
    """Each kind of text of each published report."""
    from harness.report.page.read import parsed_results

    published = Path(__file__).parent.parent.parent.parent / "reports" / "published"
    found = sorted(published.glob("*/*/results.json"))
    assert found
    for path in found:
        results = parsed_results(json.loads(path.read_text("utf-8")), str(path))
        assert all(export(results, kind) for kind in KINDS)
