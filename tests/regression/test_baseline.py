"""The baseline's file: equal content gives equal bytes, only named suites change, and edits are noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from snapshots import snapshot

from harness.errors import BaselineMissing, UsageError
from harness.regression.baseline import Baseline, read_baseline, read_or_begin

SUITES = {"table2": snapshot(seeds=2), "table1": snapshot(seeds=5)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a baseline of two suites."""
    path = tmp_path / "baselines" / "ci.json"
    Baseline(path, "ci", SUITES).write()
    return path


def test_it_comes_back_as_it_was_written(file: Path) -> None:
    """Every suite is equal."""
    assert read_baseline(file, "ci").suites == SUITES


def test_the_same_content_is_the_same_bytes(file: Path) -> None:
    """The order of creation does not matter."""
    before = file.read_bytes()
    Baseline(file, "ci", dict(reversed(SUITES.items()))).write()
    assert file.read_bytes() == before


def test_merging_changes_only_the_named(file: Path) -> None:
    """A suite without a snapshot is removed."""
    merged = read_baseline(file, "ci").merged({"table1": snapshot(seeds=4), "table3": snapshot(seeds=1)})
    assert merged.suites == {**SUITES, "table1": snapshot(seeds=4), "table3": snapshot(seeds=1)}
    assert merged.merged({"table1": None}).suites.keys() == {"table2", "table3"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace('"seeds": 5', '"seeds": 6'),
        lambda text: text[: len(text) // 2],
        lambda _: "",
        lambda _: "[]",
        lambda text: "<<<<<<< ours\n" + text,
    ],
)
def test_a_damaged_one_is_refused(file: Path, damage) -> None:
    """One message gives the remedy."""
    file.write_text(damage(file.read_text()))
    with pytest.raises(UsageError, match="is damaged or was edited") as raised:
        read_baseline(file, "ci")
    assert "\n" not in str(raised.value)
    with pytest.raises(UsageError, match="is damaged or was edited"):
        read_or_begin(file, "ci")


def test_one_of_another_scale_is_refused(file: Path) -> None:
    """Its numbers mean something else."""
    with pytest.raises(UsageError, match="is of scale ci, not small"):
        read_baseline(file, "small")


def test_one_of_another_format_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be misread."""
    monkeypatch.setattr("harness.regression.baseline.FORMAT", 3)
    with pytest.raises(UsageError, match="has format 2, this program reads 3"):
        read_baseline(file, "ci")


def test_one_that_was_edited_and_sealed_anew_is_refused(file: Path) -> None:
    """The edit would let anything pass."""
    Baseline(file, "ci", {"table1": snapshot(probes__cnn__disturbed__losses="0 nan 0")}).write()
    with pytest.raises(UsageError, match="not one that `baseline update` wrote: table1: the probe of cnn holds"):
        read_baseline(file, "ci")


def test_a_missing_one_says_how_to_make_it(tmp_path: Path) -> None:
    """The exit code is 7; an update starts a new one."""
    with pytest.raises(BaselineMissing, match=r"baseline update SUITE\.\.\. --baseline"):
        read_baseline(tmp_path / "no.json", "ci")
    assert read_or_begin(tmp_path / "no.json", "ci").suites == {}


def test_a_suite_it_lacks_is_named(file: Path) -> None:
    """The message has the command that adds it."""
    baseline = read_baseline(file, "ci")
    baseline.require(["table1", "table2"])
    with pytest.raises(BaselineMissing, match=r"nothing of new; .* update new --baseline"):
        baseline.require(["table1", "new"])


def test_the_committed_one_is_sound() -> None:
    """It holds every shipped suite that has the scale."""
    from harness.suite.load import load_suite
    from harness.suite.shipped import shipped_suites

    committed = Path(__file__).parent.parent.parent / "reports" / "baselines" / "ci.json"
    suites = [load_suite(path) for path in shipped_suites().glob("*.yaml")]
    wanted = {suite.name for suite in suites if "ci" in suite.file.scales}
    assert set(read_baseline(committed, "ci").suites) == wanted
    assert committed.stat().st_size < 2_000_000
    assert json.loads(committed.read_text())["scale"] == "ci"
