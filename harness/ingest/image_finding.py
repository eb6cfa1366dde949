"""A finding about an image set, with the command or step that repairs it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.data.declared import Dataset

SHOWN = 5
"""Names of images that the text of a finding shows."""
KEPT = 1000
"""Names of images that a finding keeps; the rest are only counted."""


@dataclass(slots=True)
class Finding:
    """One finding about an image set."""

    code: str
    """A word for programs."""
    says: str
    wrong: bool = True
    """Whether the set cannot be used in place because of it."""
    fix: str = ""
    """A command or a step that repairs it."""
    names: list[str] = field(default_factory=list)
    """The first of the images concerned."""
    count: int = 0
    """Number of images concerned."""

    def note(self, name: str) -> None:
        """Add an image."""
        self.count += 1
        if len(self.names) < KEPT:
            self.names.append(name)

    def text(self) -> str:
        """Format the finding for people: one line, some names, and the fix."""
        many = f" ({self.count:,})" if self.count else ""
        shown = "".join(f"\n    {name}" for name in self.names[:SHOWN])
        more = f"\n    and {self.count - SHOWN:,} more (--json names them)" if self.count > SHOWN else ""
        fix = f"\n    fix: {self.fix}" if self.fix else ""
        return f"{'WRONG' if self.wrong else 'note'}: {self.says}{many}{shown}{more}{fix}"

    def document(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {
            "code": self.code,
            "says": self.says,
            "wrong": self.wrong,
            "fix": self.fix or None,
            "count": self.count,
            "names": self.names,
        }


def prepare_command(dataset: Dataset, folder: Path, *more: str) -> str:
    """Return the command that makes a copy in a folder where runs find it by themselves."""
    out = Path("data") / dataset.folders[0]
    if out.exists():
        out = folder.with_name(f"{folder.resolve().name}-copy")
    words = ["python", "-m", "harness", "data", "prepare", dataset.name, str(folder), "--out", str(out), *more]
    return shlex.join(words)


def check_command(dataset: Dataset, folder: Path) -> str:
    """Return the command that checks a folder."""
    return shlex.join(["python", "-m", "harness", "data", "check", dataset.name, str(folder)])
