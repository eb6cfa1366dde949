"""Tests of digests of syntax: what they include, what they ignore, and that all versions of Python agree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.jobs.syntax import Import, Syntax, syntax_of

SAMPLE = Path(__file__).parent.parent / "samples" / "syntax.txt"
SHAPE = "4fcee469c2404f03b4416d452064b047c3d2d75a70eafc52eed291c8e45b52e9"
"""Digest of the sample; computed with Python 3.11 and equal with 3.12 and 3.13."""


def of(text: str, module: str = "package.one") -> Syntax:
    """Return the syntax of some lines."""
    return syntax_of(text.encode(), module)


def shape(text: str) -> str:
    """Return only the digest."""
    return of(text).shape


FUNCTION = "def double(x):\n    return 2 * x\n"


@pytest.mark.parametrize(
    "same",
    [
        '"""What it is for."""\n' + FUNCTION,
        "# twice\n" + FUNCTION.replace("2 * x", "(2*x)  # as much again"),
        'def double(x):\n    """Twice."""\n    return 2 * x\n"""Said afterwards."""\n',
        "def double(x):\n    pass\n    return 2 * x\n",
    ],
)
def test_words_for_people_and_layout_count_for_nothing(same: str) -> None:
    """Comments, docstrings anywhere, brackets and `pass` do not change the digest."""
    assert of(same) == of(FUNCTION)


@pytest.mark.parametrize(
    "other",
    [
        "def double(x):\n    return 3 * x\n",
        "def double(x):\n    return 2.0 * x\n",
        "def double(x):\n    return x * 2\n",
        "def double(y):\n    return 2 * y\n",
        "def double(x=1):\n    return 2 * x\n",
        "def double(x, /):\n    return 2 * x\n",
        "def double(*, x):\n    return 2 * x\n",
        "def double(x: int):\n    return 2 * x\n",
        "async def double(x):\n    return 2 * x\n",
        "@cache\ndef double(x):\n    return 2 * x\n",
        FUNCTION + "'a string in use'.upper()\n",
        FUNCTION + "x = 'a' 'b'\n",
    ],
)
def test_what_the_code_does_counts(other: str) -> None:
    """Every number, name, default, decorator and annotation changes the digest."""
    assert shape(other) != shape(FUNCTION)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = True"),
        ("x = None", "x = 'None'"),
        ("x = 'a'", "x = b'a'"),
        ("x = 0.1", "x = 0.1 + 0j"),
        ("x[1:]", "x[:1]"),
        ("f(*a)", "f(**a)"),
        ("x = f'{a}'", "x = f'{a!r}'"),
        ("x = f'{a:.2f}'", "x = f'{a:.3f}'"),
        ("x = f'{a}b'", "x = f'b{a}'"),
        ("if a:\n    x()\nelse:\n    y()", "if a:\n    x()\n    y()"),
        ("{**a, 'b': 1}", "{'b': 1, **a}"),
        ("a = [b, [c]]", "a = [b, c]"),
        ("from math import sin", "from math import cos as sin"),
        ("global a, b\na = 1", "nonlocal a, b\na = 1"),
    ],
)
def test_code_that_differs_has_another_digest(one: str, other: str) -> None:
    """Code that differs has another digest."""
    assert shape(one) != shape(other)


def test_the_order_of_imports_that_follow_each_other_counts_for_nothing() -> None:
    """The order of consecutive imports does not change the digest."""
    one = "import os\nfrom package.a import first\nfrom package.b import second, third\n"
    other = "from package.z import third, second\nfrom package.y import first\nimport os\n"
    assert shape(one + FUNCTION) == shape(other + FUNCTION)
    assert shape("import os\nx = 1\nimport sys\n") != shape("import sys\nx = 1\nimport os\n")


def test_own_paths_are_noted_and_blank() -> None:
    """Paths of own modules in statements and strings are collected and left blank in the digest."""
    found = of(
        "from package.a import f as g\ndef h():\n    import package.b\n    return 'package.c.d:run', 'package.e'\n"
    )
    assert found.imports == (Import(1, "package.a", "f", "g"), Import(2, "package.b", "", "package"))
    assert found.strings == ("package.c.d", "package.e")
    moved = of(
        "from package.q import f as g\ndef h():\n    import package.r\n    return 'package.s:run', 'package.t.u'\n"
    )
    assert found.shape == moved.shape


@pytest.mark.parametrize("text", ["see package.a for more", "packages.a", "package", "package.a:", "package.a.b:c.d"])
def test_a_string_that_is_no_path_counts_as_it_is(text: str) -> None:
    """A string counts as a path only if all of it has that form."""
    assert of(f"x = {text!r}").strings == ()
    assert shape(f"x = {text!r}") != shape("x = 'another'")


def test_the_function_named_beside_a_path_counts() -> None:
    """The function named after a path changes the digest."""
    assert shape("x = 'package.a:train'") != shape("x = 'package.a:test'")


@pytest.mark.parametrize(
    ("statement", "module"),
    [
        ("from . import f", "package.below"),
        ("from .a import f", "package.below.a"),
        ("from .. import f", "package"),
        ("from ..a import f", "package.a"),
    ],
)
def test_relative_imports_lead_where_python_takes_them(statement: str, module: str) -> None:
    """Relative imports resolve as in Python, from a module and from a package's own file."""
    for name, is_package in (("package.below.one", False), ("package.below", True)):
        (found,) = syntax_of(statement.encode(), name, is_package=is_package).imports
        assert (found.module, found.name, found.bound) == (module, "f", "f")


def test_a_file_of_nothing_but_words_is_empty() -> None:
    """A file with only docstrings is empty."""
    assert of('"""What is in here."""\n\nfrom __future__ import annotations\n# nothing\n').empty
    assert not of("import os\n").empty


def test_what_is_no_python_is_no_syntax() -> None:
    """Invalid source raises Python's SyntaxError."""
    with pytest.raises(SyntaxError):
        of("def")


def test_the_digest_of_a_known_file_is_the_same_under_every_python() -> None:
    """A file with everything that parsers treat differently has the recorded digest under every Python."""
    assert syntax_of(SAMPLE.read_bytes(), "harness.sample").shape == SHAPE


def test_fields_that_only_some_pythons_have_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields that only some Pythons have do not change the digest."""
    source = "class A:\n    def f(self):\n        with a:\n            return f'{x}b{y:}'\n"
    expected, tree = shape(source), ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            had = "type_params" in node._fields
            node.type_params = []  # type: ignore[attr-defined, unused-ignore]
            node._fields = node._fields if had else (*node._fields, "type_params")  # type: ignore[misc]
        elif isinstance(node, ast.Constant):
            node.kind = None if node.kind else "u"
    monkeypatch.setattr(ast, "parse", lambda _: tree)
    assert shape(source) == expected


def test_pieces_of_a_string_may_be_cut_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The places where a parser cuts the text of an f-string do not change the digest."""
    source = "x = f'ab{y}cd'"
    expected, tree = shape(source), ast.parse(source)
    (joined,) = (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
    first, value, last = joined.values
    a, b, nothing = ast.Constant("a"), ast.Constant("b"), ast.Constant("")
    joined.values = [nothing, a, b, value, nothing, last, nothing]
    assert isinstance(first, ast.Constant)
    monkeypatch.setattr(ast, "parse", lambda _: tree)
    assert shape(source) == expected
