"""Suite files with typical mistakes: copies of AlexNet's Table 1 with some text replaced."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from harness.errors import SuiteError
from harness.plan.graph import Plan, make_plan
from harness.suite.file import Suite
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path
from harness.vocabulary import ScaleName

TABLE1 = Path(__file__).parent.parent / "suites" / "table1.yaml"
"""The printed form only, of the two in the shipped suite: one training per seed."""


@functools.cache
def _as_json(path: Path) -> str:
    return json.dumps(YAML(typ="safe", pure=True).load(path))


def plain(path: Path) -> Any:
    """Return a YAML file as plain data, to be changed at will; a process reads each file once."""
    return json.loads(_as_json(path))


@functools.cache
def shipped(name: str) -> Suite:
    """Return a shipped suite, loaded once in a process; treat it as read-only."""
    return load_suite(suite_path(name))


@functools.cache
def shipped_plan(name: str, scale: ScaleName) -> Plan:
    """Return the plan of a shipped suite at a scale, made once in a process; treat it as read-only."""
    return make_plan(shipped(name), scale)


def written(folder: Path, *replaced: tuple[str, str], name: str = "mine") -> Path:
    """Write Table 1's file to `folder`, with the first occurrence of each old text replaced."""
    text = TABLE1.read_text(encoding="utf-8")
    for old, new in replaced:
        assert old in text, f"table1.yaml no longer holds {old!r}"
        text = text.replace(old, new, 1)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, *replaced: tuple[str, str]) -> Suite:
    """Load such a file as a suite."""
    return load_suite(written(folder, *replaced))


def faults(path: Path) -> list[str]:
    """Return the faults of a suite file, without the path at the start of each line."""
    with pytest.raises(SuiteError) as raised:
        load_suite(path)
    assert all(line.startswith(f"{path}:") for line in raised.value.faults)
    return [line.removeprefix(f"{path}:") for line in raised.value.faults]


def place(text: str, what: str, after: str = "") -> str:
    """Return `LINE:COL` of the first occurrence of `what` from `after` on, both counted from 1."""
    before = text[: text.index(what, text.index(after))]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
