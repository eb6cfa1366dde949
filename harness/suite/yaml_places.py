"""YAML 1.2 read as plain data with the line and column of every key, refusing whatever could run, repeat or explode."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from harness.errors import SuiteError
from harness.suite.shipped import LARGEST_FILE
from harness.suite.yaml_nodes import composed

KeyPath = tuple[str | int, ...]

LONGEST_SHOWN = 60
"""The most letters of a value that a message repeats."""

LONGEST_INT_BITS = 1024
"""The most bits of a whole number, whatever base it is written in; Python refuses to write a longer one in decimals."""

BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Control characters that make a terminal show letters in another order than that of the file."""

_TAG = "tag:yaml.org,2002:"


@dataclass
class Places:
    """The place (line, column, both from 1) of every key path of one YAML file, and the faults found in it so far.

    All that a check of the typed file needs of the YAML: it notes faults here and never sees the plain data.
    """

    path: Path
    places: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    faults: list[tuple[tuple[int, int], str]] = field(default_factory=list)
    refused: set[KeyPath] = field(default_factory=set)
    """Key paths whose value was refused already, so that no second fault is noted at or below them."""

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Give the place of a key path, or that of the nearest key above it that the file has."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def fault(self, path: KeyPath, message: str) -> None:
        """Note that the value at `path` cannot be used; nothing is noted at or below a value that was refused."""
        if any(path[:length] in self.refused for length in range(len(path) + 1)):
            return
        dotted = ".".join(str(part) for part in path)
        self.faults.append((self.place(path), f"{dotted}: {message}" if dotted else message))

    def refuse(self, path: KeyPath, message: str) -> None:
        """Note a fault, and that none is to be noted at or below it any more."""
        self.fault(path, message)
        self.refused.add(path)

    def lines(self) -> list[str]:
        """Give every fault in the order of the file as `FILE:LINE:COL: key.path: message`, each on one line."""
        ordered = sorted(dict.fromkeys(self.faults))
        return [_one_line(f"{self.path}:{line}:{column}: {message}") for (line, column), message in ordered]

    def require_sound(self) -> None:
        """End a stage of checks; raises SuiteError with one line for each fault noted so far."""
        if self.faults:
            raise SuiteError(self.lines())


@dataclass
class Located(Places):
    """One YAML file as plain data, with the place of every key path; only `typed_yaml` reads the data."""

    data: Any = None
    text: str = ""
    """The file as it was read, once, for its data."""


def read_yaml(path: Path) -> Located:
    """Read a YAML file as plain data; its faults are noted in `faults`, and nothing is raised for its content."""
    located = Located(path)
    text = _text(located)
    if text is None:
        return located
    located.text = text
    if directive := re.search(r"^\ufeff?%.*", text, re.MULTILINE):
        line = text.count("\n", 0, directive.start()) + 1
        located.faults.append(((line, 1), "directives (%YAML, %TAG) are not allowed; the file is read as YAML 1.2"))
        return located
    loader = YAML(typ="safe", pure=True)
    try:
        node = composed(text)
        if node is not None:
            located.data = _Builder(located, loader).build(node, ())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = ": ".join(part for part in (error.context, error.problem) if part)
        located.faults.append((place, f"not valid YAML: {said}"))
    except (YAMLError, ValueError) as error:
        located.faults.append(((1, 1), f"not valid YAML: {str(error).splitlines()[0]}"))
    except RecursionError:
        located.faults.append(((1, 1), "nested too deeply"))
    return located


def yaml_data(text: str) -> Any:
    """Read the plain data of a YAML text that a report kept of a sound file; raises ValueError for any other text."""
    loader = YAML(typ="safe", pure=True)
    located = Located(Path("text"))
    try:
        node = composed(text)
        data = None if node is None else _Builder(located, loader).build(node, ())
    except (YAMLError, RecursionError) as error:
        raise ValueError(f"not valid YAML: {str(error).splitlines()[0]}") from error
    if located.faults:
        raise ValueError(located.lines()[0])
    return data


def _one_line(text: str) -> str:
    """Write every character that would break the line or move the cursor as an escape."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


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


def _plain_text(node: ScalarNode) -> str:
    """Give the text of a node; raises ValueError where UTF-8 cannot hold it, as half a surrogate pair."""
    node.value.encode()
    return str(node.value)


def _control_in(text: str) -> str:
    """Find the first character that would steer a terminal or reorder a line, as `U+XXXX`; empty where none does."""
    if text.isprintable():  # most texts; and no such letter is printable
        return ""
    odd = (
        letter for letter in text if letter not in "\n\t" and (unicodedata.category(letter) == "Cc" or letter in BIDI)
    )
    return next((f"U+{ord(letter):04X}" for letter in odd), "")


def shown(value: object) -> str:
    """Write a value of a file for a message: on one line and not too long.

    >>> shown("cnn.top1")
    "'cnn.top1'"
    """
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


class _Builder:
    """Turns ruamel's node graph into plain data; notes places, duplicate keys and refused values."""

    def __init__(self, located: Located, loader: YAML) -> None:
        self.located = located
        constructor = loader.constructor

        def whole_number(node: ScalarNode) -> int:
            number: int = constructor.construct_yaml_int(node)
            if number.bit_length() > LONGEST_INT_BITS:
                raise ValueError("too large")
            return number

        self.readers: dict[str, Callable[[ScalarNode], Any]] = {
            "str": _plain_text,
            "timestamp": _plain_text,  # nothing in a suite is a moment
            "int": whole_number,
            "float": constructor.construct_yaml_float,
            "bool": constructor.construct_yaml_bool,
            "null": constructor.construct_yaml_null,
        }
        self.seen: set[int] = set()

    def build(self, node: Node, path: KeyPath) -> Any:
        self.located.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if id(node) in self.seen:
            return self.located.refuse(path, "aliases (*name) are not allowed; write the value out")
        self.seen.add(id(node))
        match node, str(node.tag).removeprefix(_TAG):
            case ScalarNode(), tag:
                return self._scalar(node, tag, path)
            case MappingNode(), "map":
                return dict(self._items(node, path))
            case SequenceNode(), "seq":
                return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
            case _, tag:
                return self._refuse_tag(path, tag)

    def _items(self, node: MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        known: set[str] = set()
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key is None or not key.isprintable():
                self.located.faults.append((place, "a key must be plain text on one line"))
                continue
            if key in known:
                dotted = ".".join(map(str, (*path, key)))
                self.located.faults.append((place, f"{dotted}: duplicate key"))
                continue
            known.add(key)
            self.located.places[*path, key] = place
            yield key, self.build(value_node, (*path, key))

    def _scalar(self, node: ScalarNode, tag: str, path: KeyPath) -> Any:
        if tag not in self.readers:
            return self._refuse_tag(path, tag)
        if tag == "str" and (odd := _control_in(node.value)):
            why = f"holds the control character {odd}, which would steer a terminal; leave it out"
            return self.located.refuse(path, why)
        try:
            return self.readers[tag](node)
        except (ValueError, KeyError, IndexError):  # half a surrogate pair, a number of 5000 digits, `!!bool maybe`
            return self.located.refuse(path, f"{shown(node.value)} cannot be read as YAML's {tag!r}")

    def _refuse_tag(self, path: KeyPath, tag: str) -> None:
        self.located.refuse(path, f"the tag {tag!r} is not allowed; only plain YAML is")
