"""Tests of some scales only: never of a part of what has no classes, and there for whatever reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_challenge import SUITE, made

from harness.errors import SuiteError
from harness.suite.load import load_suite


@pytest.mark.parametrize(
    ("test", "scales", "message"),
    [
        ("submitted", ["subset"], "of images without labels, of which no subset"),
        ("submitted", ["paper", "subset"], "of images without labels, of which no subset"),
        ("seen", ["paper"], "needs net.seen, which is not taken at subset scale"),
        ("submitted", [], "should have at least 1"),
        ("submitted", ["huge"], "'huge' is not one of"),
    ],
)
def test_a_test_is_there_where_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: str, scales: list[str], message: str
) -> None:
    """A part of what has no classes, and a test that others need where it is not taken, are faults of the file."""
    world = made(tmp_path, monkeypatch)
    suite = json.loads(world.suite.read_text())
    suite["experiments"]["net"]["inspect"]["worst"] = {"what": "per_class", "evaluation": "seen", "top": 1}
    suite["experiments"]["net"]["evaluate"][test]["scales"] = scales
    world.suite.write_text(json.dumps(suite, indent=1))
    with pytest.raises(SuiteError, match=message):
        load_suite(world.suite)


def test_an_ensemble_needs_the_tests_of_its_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every scale at which it is tested."""
    world = made(tmp_path, monkeypatch)
    suite = json.loads(json.dumps(SUITE))
    suite["experiments"]["pair"]["evaluate"] = {"seen": {"split": "val", "views": "centre"}}
    suite["experiments"]["net"]["evaluate"]["seen"]["scales"] = ["paper"]
    del suite["table"]["rows"]["pair"]
    world.suite.write_text(json.dumps(suite, indent=1))
    with pytest.raises(SuiteError, match=r"pair\.evaluate\.seen: needs net\.seen, which is not taken at subset scale"):
        load_suite(world.suite)
