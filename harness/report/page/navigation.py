"""Finds the index of published reports that a report lies under, with the reports before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.vocabulary import SCALES


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The ways from one published report to others, each relative to its folder."""

    index: str
    before: tuple[str, str] | None
    """Name and link of the report before; None for the first."""
    after: tuple[str, str] | None


def neighbours_of(folder: Path, *, indexed: bool = False) -> Neighbours | None:
    """The neighbours of a report in `INDEX/SUITE/SCALE`; None where no index lies there, so that no link is dead.

    `indexed` says that the index will be written next.
    """
    home = folder.resolve().parent.parent
    if not indexed and not (home / "index.json").is_file():
        return None
    order = sorted({path.parent for path in home.glob("*/*/results.json")}, key=_by_name)
    if folder.resolve() not in order:
        return None
    place = order.index(folder.resolve())
    before, after = order[place - 1 : place], order[place + 1 : place + 2]
    return Neighbours("../../index.html", _link(before), _link(after))


def _by_name(folder: Path) -> tuple[str, int, str]:
    scale = folder.name
    ranks = {name: rank for rank, name in enumerate(SCALES)}
    return folder.parent.name, ranks.get(scale, len(SCALES)), scale  # type: ignore[call-overload]


def _link(folders: list[Path]) -> tuple[str, str] | None:
    if not folders:
        return None
    suite, scale = folders[0].parent.name, folders[0].name
    return f"{suite}, {scale}", f"../../{suite}/{scale}/index.html"
