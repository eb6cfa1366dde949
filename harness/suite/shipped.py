"""Where the suites that come with the program lie: beside the package in a clone, inside it in an installed wheel."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

from harness.errors import UsageError

_PACKAGE = Path(__file__).parent.parent

LARGEST_FILE = 200_000
"""Bytes of a suite file; one is some kilobytes, and a parser should not be fed what nobody wrote."""


def shipped_suites() -> Path:
    """The folder of the shipped suites, which holds `papers/` too."""
    inside = _PACKAGE / "shipped_suites"
    return inside if inside.is_dir() else _PACKAGE.parent / "suites"


def suite_path(argument: str) -> Path:
    """The file an argument means: a path, or the bare name of a shipped suite; raises UsageError when there is none."""
    path = Path(argument)
    if _is(Path.is_file, path):
        return path
    shipped = shipped_suites() / f"{path.stem}.yaml"
    if _is(Path.is_file, shipped) and argument in {path.stem, f"suites/{path.stem}.yaml", f"{path.stem}.yaml"}:
        return shipped
    if _is(Path.is_dir, path):
        raise UsageError(f"{argument!r} is a folder; name a suite file")
    close = difflib.get_close_matches(path.stem, shipped_names(), n=1)
    hint = f"; did you mean {close[0]}?" if close else f"; shipped suites: {', '.join(shipped_names()) or 'none'}"
    raise UsageError(f"no suite file at {argument!r}{hint}")


def _is(kind: Callable[[Path], bool], path: Path) -> bool:
    """Whether a file or folder is there; a name that nothing can have, or a forbidden folder, holds none."""
    try:
        return kind(path)
    except OSError:
        return False


def shipped_names() -> list[str]:
    """The names of the shipped suites, in order."""
    return sorted(path.stem for path in shipped_suites().glob("*.yaml"))


def shipped_texts() -> dict[str, str]:
    """The file of each shipped suite, by the suite's name."""
    return {name: (shipped_suites() / f"{name}.yaml").read_text("utf-8") for name in shipped_names()}
