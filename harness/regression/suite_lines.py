"""Where in a suite's file the subject of a finding stands, so that a CI server can show the finding there."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from harness.suite.claim_parts import parent_of
from harness.suite.yaml_places import KeyPath, Located, read_yaml


def place_of(suite: str, subject: str) -> tuple[str, int] | None:
    """File, as a path below the checkout, and line of a cell, claim or experiment; None where no such file is here.

    What has no line of its own has the first.

    The checkout is `$GITHUB_WORKSPACE`, else the current folder; a suite lies in `suites/` below the latter, or in it.
    """
    if not re.fullmatch(r"[\w.-]{1,200}", suite):
        return None  # no path is made of what is no name
    checkout = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    for folder in ("suites", "."):
        path = (Path.cwd() / folder / f"{suite}.yaml").resolve()
        if path.is_file() and path.is_relative_to(checkout):
            located = _read(path)
            found = next((keys for keys in _keys(subject) if keys in located.places), ())
            return path.relative_to(checkout).as_posix(), located.place(found)[0]
    return None


def _keys(subject: str) -> list[KeyPath]:
    """Where a subject may stand in a suite's file; what is neither cell nor claim is of an experiment."""
    kind, _, name = subject.partition(" ")
    row, _, column = name.rpartition(".")
    known: dict[str, list[KeyPath]] = {
        "cell": [("cells", name), ("table", "rows", row, "printed", column), ("table", "rows", row)],
        "claim": [("claims", parent_of(name))],
    }
    return known.get(kind, [("experiments", name.partition(".")[0])])


@cache
def _read(path: Path) -> Located:
    return read_yaml(path)
