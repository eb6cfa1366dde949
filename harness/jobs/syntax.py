"""Digests of Python source by its syntax: without comments, docstrings and layout, and without the paths of modules.

The digest of one file is the same under Python 3.11, 3.12 and 3.13, and nothing here rests on what later ones change:

- 3.12 gave functions and classes the field `type_params`, and strings with replacements other pieces. So a field counts
  only where it holds something, and neighbouring pieces of text are one.
- `ast.dump` left empty fields out from 3.13 on, so the tree is walked here.
- `repr` of a string follows the Unicode tables of an interpreter, so text is written in ASCII.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

LEFT_OUT = {"ctx", "kind", "type_comment", "type_ignores"}
"""Fields of nodes that change nothing: all that they say follows from the place of the node, or is a comment."""


class Import(NamedTuple):
    """One name that a file takes from a module of its own package."""

    block: int
    """The number of the block of import statements in the file; the order within a block counts for nothing."""
    module: str
    """The dotted path as it is written; of a relative import, the path that it stands for."""
    name: str
    """The name in the module; empty where the module itself is imported by its path."""
    bound: str
    """The name in this file."""


class Syntax(NamedTuple):
    """One source file: the digest of its syntax with the paths of its own package left blank, and these paths."""

    shape: str
    """sha256, hexadecimal."""
    imports: tuple[Import, ...]
    strings: tuple[str, ...]
    """Dotted paths below the package in strings: "harness.jobs.metrics" of "harness.jobs.metrics:top_k"."""
    empty: bool
    """Whether the file holds no statement but docstrings and imports from `__future__`."""


def syntax_of(source: bytes, module: str, *, is_package: bool = False, towards: str | None = None) -> Syntax:
    """The syntax of a module's source; `module` is its dotted path, whose first part is its package.

    A package (`__init__.py`) has `is_package`. The paths left blank are those of the module's own package, or of the
    one that `towards` names. Raises SyntaxError for what is no Python.
    """
    parent = module if is_package else module.rpartition(".")[0]
    writer = _Writer(towards or module.partition(".")[0], parent)
    statements = list(_statements(ast.parse(source).body))
    writer.block(statements)
    shape = hashlib.sha256("\0".join(writer.words).encode()).hexdigest()
    return Syntax(shape, tuple(writer.imports), tuple(writer.strings), all(map(_is_future, statements)))


class _Writer:
    """Writes a tree as a list of words, from which the tree could be read again, and notes the paths left blank."""

    def __init__(self, package: str, parent: str) -> None:
        self.words: list[str] = []
        self.imports: list[Import] = []
        self.strings: list[str] = []
        self._package, self._parent = package, parent
        self._path = re.compile(rf"({re.escape(package)}(?:\.\w+)+)(:\w+)?", re.ASCII)
        self._blocks = 0

    def block(self, statements: Iterable[ast.stmt]) -> None:
        """Write statements in their order, but imports that follow each other sorted."""
        together: list[ast.Import | ast.ImportFrom] = []
        for statement in statements:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                together.append(statement)
                continue
            self._imports(together)
            together = []
            self._node(statement)
        self._imports(together)

    def _imports(self, statements: list[ast.Import | ast.ImportFrom]) -> None:
        """Write a block of imports: of the package's own modules, the names that they have here and nothing else."""
        if not statements:
            return
        self._blocks += 1
        words: set[str] = set()
        for statement in statements:
            for module, name, bound in _taken(statement, self._parent):
                if module.partition(".")[0] == self._package:
                    self.imports.append(Import(self._blocks, module, name, bound))
                    words.add(f"own {bound}")
                else:
                    words.add(f"import {module} {name} {bound}")
        self.words += ["imports", *sorted(words), "end"]

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Constant):
            self._constant(node.value)
            return
        self.words.append(f"({type(node).__name__}")
        values = {"values": _joined(node.values)} if isinstance(node, ast.JoinedStr) else {}
        for field in node._fields:
            value = values.get(field, getattr(node, field, None))
            if field not in LEFT_OUT and not _is_nothing(value):
                self.words.append(field)
                self._value(value)
        self.words.append(")")

    def _value(self, value: Any) -> None:
        if isinstance(value, ast.AST):
            self._node(value)
        elif isinstance(value, list):
            self.words.append("[")
            if isinstance(value[0], ast.stmt):
                self.block(_statements(value))
            else:
                for each in value:
                    self._value(each)
            self.words.append("]")
        else:
            self.words.append(ascii(value))

    def _constant(self, value: Any) -> None:
        found = self._path.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            self.words.append(f"{type(value).__name__} {value!a}")
        else:
            self.strings.append(found[1])
            self.words.append(f"path {found[2] or ''}")


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that do something: neither docstrings, wherever they stand, nor `pass`."""
    for statement in body:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                continue
        yield statement


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _taken(statement: ast.Import | ast.ImportFrom, parent: str) -> Iterator[tuple[str, str, str]]:
    """What an import statement takes: (module, name in it, name here), relative modules by their full path."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            yield alias.name, "", alias.asname or alias.name.partition(".")[0]
        return
    module = statement.module or ""
    if statement.level:
        above = parent.split(".")[: len(parent.split(".")) - statement.level + 1]
        module = ".".join([*above, *filter(None, [module])])
    for alias in statement.names:
        yield module, alias.name, alias.asname or alias.name


def _joined(pieces: list[ast.expr]) -> list[ast.expr]:
    """The pieces of a string with replacements, neighbouring texts as one, and none empty."""
    found: list[ast.expr] = []
    for piece in pieces:
        if isinstance(piece, ast.Constant) and found and isinstance(last := found[-1], ast.Constant):
            found[-1] = ast.Constant(str(last.value) + str(piece.value))
        else:
            found.append(piece)
    return [piece for piece in found if not (isinstance(piece, ast.Constant) and piece.value == "")]


def _is_nothing(value: Any) -> bool:
    """Whether a field says no more than its absence would."""
    empty = isinstance(value, ast.JoinedStr) and not _joined(value.values)  # the format of "{x:}"
    return value is None or value == [] or empty
