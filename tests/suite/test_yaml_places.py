"""YAML with places: what is read, where it stands, and what is refused in one line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite.shipped import LARGEST_FILE
from harness.suite.yaml_places import LONGEST_SHOWN, Located, read_yaml


def read(folder: Path, content: str | bytes) -> Located:
    """A file with that content, read."""
    path = folder / "some.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_yaml(path)


def lines(folder: Path, content: str | bytes) -> list[str]:
    """The faults of that content, without the path."""
    located = read(folder, content)
    return [line.removeprefix(f"{located.path}:") for line in located.lines()]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1e-3", 0.001),
        ("a: 1.5", 1.5),
        ("a: 0x1f", 31),
        ("a: 0o17", 15),
        ("a: true", True),
        ("a: yes", "yes"),
        ("a: null", None),
        ("a:", None),
        ("a: 2012-12-03", "2012-12-03"),
        ("a: '17.0'", "17.0"),
        ("a: [1, {b: 2}]", [1, {"b": 2}]),
        ("a: !!str 17.0", "17.0"),
    ],
)
def test_plain_data_of_yaml_1_2(tmp_path: Path, text: str, value: Any) -> None:
    """Scalars mean what YAML 1.2 says: 1e-3 is a number, yes is a word, a date is text."""
    located = read(tmp_path, text)
    assert (located.data, located.faults) == ({"a": value}, [])
    assert type(located.data["a"]) is type(value)


def test_infinities_and_nan_are_numbers_here(tmp_path: Path) -> None:
    """What may stand where is for the types to say."""
    data = read(tmp_path, "a: .inf\nb: .nan").data
    assert data["a"] == math.inf
    assert math.isnan(data["b"])


def test_every_key_has_its_line_and_column(tmp_path: Path) -> None:
    """Places are those of the keys, and of the items of a list, counted from 1."""
    located = read(tmp_path, "a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n")
    assert located.places[("a", "b")] == (2, 3)
    assert located.places[("a", "c")] == (3, 3)
    assert located.places[("a", "c", 0)] == (4, 7)
    assert located.places[("a", "c", 1, "d")] == (5, 8)


def test_a_place_that_is_not_there_is_that_of_the_key_above(tmp_path: Path) -> None:
    """A missing key is reported where it would belong."""
    located = read(tmp_path, "\na:\n  b: 1\n")
    assert located.place(("a", "z", 3)) == located.place(("a",)) == (2, 1)


def test_faults_come_in_the_order_of_the_file_and_once(tmp_path: Path) -> None:
    """Whatever order they were found in."""
    located = read(tmp_path, "a: 1\nb: 2\n")
    for name in ("b", "a", "b"):
        located.fault((name,), "wrong")
    assert located.lines() == [f"{located.path}:1:1: a: wrong", f"{located.path}:2:1: b: wrong"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1: a: duplicate key"),
        ("a: {b: 1, b: 2}", "1:11: a.b: duplicate key"),
        ("a: &x [1]\nb: *x\n", "2:1: b: aliases (*name) are not allowed; write the value out"),
        ("a: &x 1\nb: *x\n", "2:1: b: aliases (*name) are not allowed; write the value out"),
        ("a: &x [*x]\n", "1:4: a.0: aliases (*name) are not allowed; write the value out"),
        ("a: !me 1", "1:1: a: the tag '!me' is not allowed; only plain YAML is"),
        ("a: !!set {b}", "1:1: a: the tag 'set' is not allowed; only plain YAML is"),
        ("a: !!python/object/apply:os.system [ls]",
         "1:1: a: the tag 'python/object/apply:os.system' is not allowed; only plain YAML is"),
        ("a: !!binary aGk=", "1:1: a: the tag 'binary' is not allowed; only plain YAML is"),
        ("a: !!bool maybe", "1:1: a: 'maybe' cannot be read as YAML's 'bool'"),
        ("a: !!int b", "1:1: a: 'b' cannot be read as YAML's 'int'"),
        ('a: "\\ud800"', "1:1: a: '\\ud800' cannot be read as YAML's 'str'"),
        ("%YAML 1.1\n---\na: yes\n",
         "1:1: directives (%YAML, %TAG) are not allowed; the file is read as YAML 1.2"),
        ("? [a]\n: 1\n", "1:3: a key must be plain text on one line"),
        ('"a\\nb": 1', "1:1: a key must be plain text on one line"),
        ("a: 1\n---\nb: 2\n",
         "2:1: not valid YAML: expected a single document in the stream: but found another document"),
        ("a: [1\n", "2:1: not valid YAML: while parsing a flow sequence: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n\tb: 2\n",
         "2:1: not valid YAML: while scanning for the next token: found character '\\t' that cannot start any token"),
        (b"a: \xe9\n", "1:1: not UTF-8 text"),
        ("a: 1\n".encode("utf-16"), "1:1: not UTF-8 text"),
    ],
)  # fmt: skip
def test_what_is_refused_is_one_line_at_its_place(tmp_path: Path, content: str | bytes, line: str) -> None:
    """Nothing that runs, repeats or hides another value gets through, and the message says where."""
    assert lines(tmp_path, content) == [line]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_has_no_data_and_no_fault_of_its_own(tmp_path: Path, text: str) -> None:
    """Who wanted something in it says so."""
    located = read(tmp_path, text)
    assert (located.data, located.faults) == (None, [])


def test_a_control_character_is_no_yaml(tmp_path: Path) -> None:
    """One line, though the reader has no mark for it."""
    assert lines(tmp_path, b"a: \x00\n") == [
        "1:1: not valid YAML: unacceptable character #x0000: special characters are not allowed"
    ]


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, "{a: " * 5000 + "}" * 5000])
def test_deep_nesting_ends_in_one_line(tmp_path: Path, text: str) -> None:
    """The parser's recursion is caught."""
    assert lines(tmp_path, text) == ["1:1: nested too deeply"]


def test_a_huge_file_is_not_parsed(tmp_path: Path) -> None:
    """A file nobody wrote is refused by its size."""
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    assert read_yaml(path).lines() == [f"{path}:1:1: larger than 200,000 bytes; a suite is a small file"]


def test_a_number_of_thousands_of_digits_is_shown_short(tmp_path: Path) -> None:
    """Python reads no such integer, and a message need not repeat it."""
    (line,) = lines(tmp_path, f"a: 1\nb: {'9' * 5000}\n")
    assert line.startswith("2:1: b: '999")
    assert len(line) < LONGEST_SHOWN + 60


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str) -> None:
    """No file, or a folder in its place."""
    (line,) = read_yaml(tmp_path / name).lines()
    assert ":1:1: cannot be read: " in line


def test_nothing_more_is_said_below_a_refused_value(tmp_path: Path) -> None:
    """An alias is one fault, not also a missing mapping."""
    located = read(tmp_path, "a: &x {b: 1}\nc: *x\n")
    located.fault(("c", "b"), "missing")
    assert len(located.faults) == 1


@given(st.text(max_size=30))
def test_a_fault_is_always_one_printable_line(text: str) -> None:
    """Whatever a key or a value holds cannot break the line or move the cursor."""
    located = Located(Path("some.yaml"))
    located.fault((text,), text)
    assert all(line.isprintable() for line in located.lines())


@pytest.mark.parametrize(
    ("text", "named"), [(r'"\x1b[31mred"', "U+001B"), (r'"a\u202eb"', "U+202E"), (r'"\x07"', "U+0007")]
)
def test_text_that_would_steer_a_terminal_is_refused(tmp_path: Path, text: str, named: str) -> None:
    """At its place, and named by its number."""
    path = tmp_path / "suite.yaml"
    path.write_text(f"title: {text}\n", encoding="utf-8")
    (line,) = read_yaml(path).lines()
    assert line.startswith(f"{path}:1:1: title: holds the control character {named}")


def test_text_of_several_lines_stays(tmp_path: Path) -> None:
    """With tabs and letters of every script."""
    path = tmp_path / "suite.yaml"
    path.write_text('title: "one\\n\\ttwo\u00a0\u0645"\n', encoding="utf-8")
    assert read_yaml(path).lines() == []
