"""Digests of Python source by its syntax, without comments, docstrings, layout and the paths of modules.

`harness.jobs.code` builds the digest of a kind of job from them. The digest of a file is the same under Python 3.11,
3.12 and 3.13. It does not depend on what these versions changed:

- 3.12 added the field `type_params` to functions and classes, and splits f-strings into other pieces. So a field counts
  only if it holds something, and adjacent pieces of text are joined.
- `ast.dump` leaves out empty fields from 3.13 on. So this module walks the tree itself.
- `repr` of a string follows the Unicode tables of the interpreter. So text is written in ASCII.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

LEFT_OUT = {"ctx", "kind", "type_comment", "type_ignores"}
"""Fields of nodes without a meaning of their own: their content follows from the node's place, or is a comment."""


class Import(NamedTuple):
    """One name that a file imports from a module of its own package."""

    block: int
    """Number of the block of import statements in the file. The order within a block does not matter."""
    module: str
    """Dotted path as written; for a relative import, the path it resolves to."""
    name: str
    """Name in the module; empty if the module itself is imported by its path."""
    bound: str
    """Name in this file."""


class Syntax(NamedTuple):
    """The syntax of one source file: its digest with the paths of its own package left blank, and those paths."""

    shape: str
    """sha256 in hexadecimal."""
    imports: tuple[Import, ...]
    strings: tuple[str, ...]
    """Dotted paths within the package that occur in strings: "harness.jobs.metrics" of "harness.jobs.metrics:top_k"."""
    empty: bool
    """Whether the file holds only docstrings and imports from `__future__`."""


def syntax_of(source: bytes, module: str, *, is_package: bool = False, towards: str | None = None) -> Syntax:
    """Read the syntax of a module's source.

    `module` is the dotted path of the module; its first part is the package. `is_package` is true for an `__init__.py`.
    The paths left blank are those of the module's own package, or of the package that `towards` names. Raises
    SyntaxError if the source is not valid Python.

    >>> with_comment = syntax_of(b"x = 1  # a comment", "package.module")
    >>> with_comment.shape == syntax_of(b"x = 1", "package.module").shape
    True
    """
    parent = module if is_package else module.rpartition(".")[0]
    writer = _Writer(towards or module.partition(".")[0], parent)
    statements = list(_statements(ast.parse(source).body))
    writer.block(statements)
    shape = hashlib.sha256("\0".join(writer.words).encode()).hexdigest()
    return Syntax(shape, tuple(writer.imports), tuple(writer.strings), all(map(_is_future, statements)))


class _Writer:
    """Writes a tree as a list of words from which the tree could be restored, and collects the paths left blank."""

    def __init__(self, package: str, parent: str) -> None:
        self.words: list[str] = []
        self.imports: list[Import] = []
        self.strings: list[str] = []
        self._package, self._parent = package, parent
        self._path = re.compile(rf"({re.escape(package)}(?:\.\w+)+)(:\w+)?", re.ASCII)
        self._blocks = 0

    def block(self, statements: Iterable[ast.stmt]) -> None:
        """Write statements in order; consecutive imports are sorted."""
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
        """Write a block of imports. For modules of the package it writes only the name that each import binds."""
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
    """Yield the statements that have an effect: neither string literals (docstrings) nor `pass`."""
    for statement in body:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                continue
        yield statement


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _taken(statement: ast.Import | ast.ImportFrom, parent: str) -> Iterator[tuple[str, str, str]]:
    """Yield (module, name in it, name here) for an import statement, relative modules by their full path."""
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
    """Return the pieces of an f-string with adjacent texts joined and empty texts removed."""
    found: list[ast.expr] = []
    for piece in pieces:
        if isinstance(piece, ast.Constant) and found and isinstance(last := found[-1], ast.Constant):
            found[-1] = ast.Constant(str(last.value) + str(piece.value))
        else:
            found.append(piece)
    return [piece for piece in found if not (isinstance(piece, ast.Constant) and piece.value == "")]


def _is_nothing(value: Any) -> bool:
    """Return whether a field means no more than its absence."""
    empty = isinstance(value, ast.JoinedStr) and not _joined(value.values)  # the format of "{x:}"
    return value is None or value == [] or empty
