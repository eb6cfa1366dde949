"""Lines of a finding's subject in its suite's file, so that a CI server can show the finding there."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from harness.suite.claim_parts import parent_of
from harness.suite.yaml_places import KeyPath, Located, read_yaml


def place_of(suite: str, subject: str) -> tuple[str, int] | None:
    """Return the file (relative to the checkout) and line of a cell, claim or experiment; None where there is no file.

    A subject without a line of its own gets the first line. The checkout is `$GITHUB_WORKSPACE`, or the current folder.
    The suite is searched in `suites/` below the current folder, then in the current folder itself.
    """
    if not re.fullmatch(r"[\w.-]{1,200}", suite):
        return None  # never build a path from anything but a name
    checkout = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    for folder in ("suites", "."):
        path = (Path.cwd() / folder / f"{suite}.yaml").resolve()
        if path.is_file() and path.is_relative_to(checkout):
            located = _read(path)
            found = next((keys for keys in _keys(subject) if keys in located.places), ())
            return path.relative_to(checkout).as_posix(), located.place(found)[0]
    return None


def _keys(subject: str) -> list[KeyPath]:
    """Return the keys under which a subject may stand in a suite's file.

    Probes, measurements and accuracies belong to an experiment.
    """
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
