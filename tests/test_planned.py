"""What a plan shows, as plain data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.data.locate import Locations
from harness.planned import plan_suite
from harness.runtime import Runtime

RUNTIME = Runtime(Locations.gather(config_files=()), device="cpu", threads=1)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a folder of one's own, without this machine's GPU and data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.rates.gpus", list)
    monkeypatch.setattr("harness.data.fashion_mnist.DEBIAN", tmp_path / "nowhere")


def plan(suite: str = "table1", scale: Any = "ci") -> dict[str, Any]:
    """The plan with the store in ./runs, as a reader of JSON has it."""
    return dict(json.loads(json.dumps(plan_suite(suite, scale, Path("runs"), RUNTIME))))


def test_a_plan_is_plain_data() -> None:
    """Every job with its spec, its standing and its cost, and nothing is made."""
    document = plan()
    assert (document["suite"], document["scale"], document["blocked_by"]) == ("table1", "ci", None)
    assert [job["state"] for job in document["jobs"]] == ["to do"] * 7
    assert document["jobs"][1]["spec"]["recipe"]["epochs"] == 16
    assert document["estimate"]["seconds"] > 0
    assert not Path("runs").exists()


def test_a_plan_says_what_blocks_it() -> None:
    """And still estimates the work."""
    document = plan(scale="paper")
    assert {job["state"] for job in document["jobs"]} == {"blocked"}
    assert document["blocked_by"].startswith("ILSVRC-2010 is not on disk.")
    assert document["estimate"]["seconds"] > 86400


@pytest.mark.parametrize("scale", ["ci", None])
def test_a_plan_made_again_is_the_same_and_read_nothing(scale: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes from memory."""
    first = plan(scale=scale)
    monkeypatch.setattr("harness.outline._read", lambda _: pytest.fail("read again"))
    assert plan(scale=scale) == first
