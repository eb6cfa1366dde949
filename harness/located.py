"""YAML 1.2 read as plain data with the line and column of every key, refusing whatever could run, repeat or explode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

KeyPath = tuple[str | int, ...]

LARGEST_FILE = 1_000_000
"""Bytes; a suite is some kilobytes, and a parser should not be fed what nobody wrote."""

_TAG = "tag:yaml.org,2002:"


@dataclass
class Located:
    """One YAML file: its plain data, the place (line, column, both from 1) of every key path, and its faults so far."""

    path: Path
    data: Any = None
    places: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    faults: list[tuple[tuple[int, int], str]] = field(default_factory=list)

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Where `path` stands, or the nearest key above it that does."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def fault(self, path: KeyPath, message: str) -> None:
        """Note that something at `path` cannot be used."""
        dotted = ".".join(str(part) for part in path)
        self.faults.append((self.place(path), f"{dotted}: {message}" if dotted else message))

    def lines(self) -> list[str]:
        """Every fault in the order of the file as `FILE:LINE:COL: key.path: message`."""
        ordered = sorted(dict.fromkeys(self.faults))
        return [f"{self.path}:{line}:{column}: {message}" for (line, column), message in ordered]


def read_yaml(path: Path) -> Located:
    """Read `path`; what is wrong with it stands in `faults`, nothing is raised for the file's content."""
    located = Located(path)
    text = _text(located)
    if text is None:
        return located
    loader = YAML(typ="safe", pure=True)
    try:
        node = loader.compose(text)
        if node is not None:
            located.data = _Builder(located, loader).build(node, ())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        located.faults.append((place, f"not valid YAML: {error.problem or error.context}"))
    except (YAMLError, ValueError) as error:
        located.faults.append(((1, 1), f"not valid YAML: {str(error).splitlines()[0]}"))
    except RecursionError:
        located.faults.append(((1, 1), "nested too deeply"))
    return located


def _text(located: Located) -> str | None:
    try:
        if located.path.stat().st_size > LARGEST_FILE:
            located.faults.append(((1, 1), f"larger than {LARGEST_FILE:,} bytes; a suite is a small file"))
            return None
        return located.path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        located.faults.append(((1, 1), "not UTF-8 text"))
    except OSError as error:
        located.faults.append(((1, 1), f"cannot be read: {error.strerror or error}"))
    return None


class _Builder:
    """Turns ruamel's node graph into plain data, noting places, duplicates and what is refused."""

    def __init__(self, located: Located, loader: YAML) -> None:
        self.located = located
        self.constructor = loader.constructor
        self.seen: set[int] = set()

    def build(self, node: Node, path: KeyPath) -> Any:
        self.located.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if not isinstance(node, ScalarNode):
            if id(node) in self.seen:
                self.located.fault(path, "aliases (*name) are not allowed; write the value out")
                return None
            self.seen.add(id(node))
        match node:
            case MappingNode():
                return dict(self._items(node, path))
            case SequenceNode():
                return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node, path)
        raise AssertionError(node)  # ruamel has no fourth kind

    def _items(self, node: MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        known: set[str] = set()
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key is None:
                self.located.faults.append((place, "a key must be plain text"))
                continue
            if key in known:
                dotted = ".".join(map(str, (*path, key)))
                self.located.faults.append((place, f"{dotted}: duplicate key"))
                continue
            known.add(key)
            self.located.places[*path, key] = place
            yield key, self.build(value_node, (*path, key))

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Any:
        match str(node.tag).removeprefix(_TAG):
            case "str" | "timestamp":  # a date is text here: nothing in a suite is a moment
                return str(node.value)
            case "int":
                return int(self.constructor.construct_yaml_int(node))
            case "float":
                return float(self.constructor.construct_yaml_float(node))
            case "bool":
                return bool(self.constructor.construct_yaml_bool(node))
            case "null":
                return None
            case tag:
                self.located.fault(path, f"the tag {tag!r} is not allowed; only plain YAML is")
                return None
