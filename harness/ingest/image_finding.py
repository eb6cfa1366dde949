"""What a check found, each with the command or step that mends it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.data.declared import Dataset

SHOWN = 5
"""Names of images that a line of text shows."""
KEPT = 1000
"""Names of images that are kept of one finding; the rest are counted."""


@dataclass(slots=True)
class Finding:
    """One thing that was found."""

    code: str
    """A word for programs."""
    says: str
    wrong: bool = True
    """Whether the data cannot be used as they are because of it."""
    fix: str = ""
    """A command, or what to do."""
    names: list[str] = field(default_factory=list)
    """The images it is about, the first ones."""
    count: int = 0
    """All of them."""

    def note(self, name: str) -> None:
        """One more image."""
        self.count += 1
        if len(self.names) < KEPT:
            self.names.append(name)

    def text(self) -> str:
        """For people: one line, and the fix on the next."""
        many = f" ({self.count:,})" if self.count else ""
        shown = "".join(f"\n    {name}" for name in self.names[:SHOWN])
        more = f"\n    and {self.count - SHOWN:,} more (--json names them)" if self.count > SHOWN else ""
        fix = f"\n    fix: {self.fix}" if self.fix else ""
        return f"{'WRONG' if self.wrong else 'note'}: {self.says}{many}{shown}{more}{fix}"

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "code": self.code,
            "says": self.says,
            "wrong": self.wrong,
            "fix": self.fix or None,
            "count": self.count,
            "names": self.names,
        }


def prepare_command(dataset: Dataset, folder: Path, *more: str) -> str:
    """The command that makes a copy which training reads; where it lies, a run finds it without being told."""
    out = Path("data") / dataset.folders[0]
    if out.exists():
        out = folder.with_name(f"{folder.resolve().name}-copy")
    words = ["python", "-m", "harness", "data", "prepare", dataset.name, str(folder), "--out", str(out), *more]
    return shlex.join(words)


def check_command(dataset: Dataset, folder: Path) -> str:
    """The command that checks another folder."""
    return shlex.join(["python", "-m", "harness", "data", "check", dataset.name, str(folder)])
