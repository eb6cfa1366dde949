"""libyaml's events and ruamel's own parser give the same nodes, and ruamel tells the faults of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import Node, ScalarNode

from harness.suite import yaml_nodes
from harness.suite.shipped import shipped_suites
from harness.suite.yaml_nodes import composed

SCALARS = (
    *("yes", "no", "on", "off", "true", "False", "null", "~", "", "0o17", "017", "0x1F", "0b11", "1_000", "1:30"),
    *("1e3", "1.0e3", ".5", "5.", "-.inf", ".nan", "+1", "2001-01-01", "=", "<<", "'a'", '"a b"', "!!str 1", "!mine 1"),
    *("a: b", "[1, 2]", "{a: 1}", "- x", "a #b", "a#b", "? k", "|\n  text\n", ">-\n  folded\n  text", "!!int 7", "! 7"),
)


def graph(node: Node | None) -> Any:
    """Return tags, values and places of a node and all within; an empty scalar has none of its own."""
    if node is None:
        return None
    place = node.start_mark.line, node.start_mark.column
    if isinstance(node, ScalarNode):
        return str(node.tag), node.value, place if node.value else None
    children = [[graph(one) for one in child] if isinstance(child, tuple) else graph(child) for child in node.value]
    return str(node.tag), place, children


def by_ruamel(text: str) -> Any:
    """Return what ruamel alone makes of a text: a graph, or the type of its error."""
    try:
        return graph(YAML(typ="safe", pure=True).compose(text))
    except (YAMLError, ValueError) as error:
        return type(error)


def by_either(text: str) -> Any:
    """Return what the program makes of a text."""
    try:
        return graph(composed(text))
    except (YAMLError, ValueError) as error:
        return type(error)


def files() -> list[Path]:
    """Return the smaller half of the shipped YAML files, the papers' among them."""
    found = sorted(shipped_suites().rglob("*.yaml"), key=lambda path: path.stat().st_size)
    return found[: len(found) // 2]


def test_shipped_files_are_read_alike() -> None:
    """And by libyaml, not by ruamel after all."""
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert graph(yaml_nodes._Composer(text).document()) == by_ruamel(text), path.name


@pytest.mark.parametrize("around", ["{}", "key: {}", "- {}", "a:\n  - b: {}\n", "[{}]", "{{k: {}}}"])
def test_a_value_means_what_yaml_1_2_says(around: str) -> None:
    """Numbers, truths and moments of YAML 1.1 are text."""
    for scalar in SCALARS:
        text = around.format(scalar)
        assert by_either(text) == by_ruamel(text), text


@given(st.text(st.sampled_from("ab01 :-,[]{}#&*!|>'\"%@`\n?~.\t\r\u2028\ufeffé"), max_size=24))
def test_any_text_is_read_alike(text: str) -> None:
    """Where libyaml refuses or reads otherwise, ruamel decides."""
    assert by_either(text) == by_ruamel(text)


def test_faults_are_told_by_ruamel() -> None:
    """Their words and places are those of one parser, whichever read the sound files."""
    with pytest.raises(YAMLError, match="while parsing a flow sequence"):
        composed("a: [1, 2\nb: 3")


def test_without_libyaml_ruamel_reads_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML may be built without it."""
    text = "a: [1, {b: c}]"
    composed.cache_clear()
    fast = graph(composed(text))
    composed.cache_clear()
    monkeypatch.setattr(yaml_nodes, "CParser", None)
    assert graph(composed(text)) == fast
