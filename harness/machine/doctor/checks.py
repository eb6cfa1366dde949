"""One thing that was looked at: whether it is in order, what was seen, and what would mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was found; `exit_code` is what a program that needs this ends with where it is wrong."""

    name: str
    level: Level
    says: str
    remedy: str = ""
    exit_code: int = 1

    def __str__(self) -> str:
        return f"{self.level:<8} {self.name}: {self.says}" + (f"; {self.remedy}" if self.remedy else "")

    def document(self) -> dict[str, Any]:
        """As plain data."""
        return {name: value for name, value in asdict(self).items() if name != "exit_code"}


def at_least(name: str, amount: float, warn_below: float, wrong_below: float, says: str, remedy: str) -> Check:
    """A check of something there may be too little of."""
    if amount < wrong_below:
        return Check(name, "wrong", says, remedy)
    return Check(name, "warning", says, remedy) if amount < warn_below else Check(name, "ok", says)
