"""The outcome of one check of the machine: its level, the observation, and the remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check; `exit_code` is the code of a program that needs what is wrong here."""

    name: str
    level: Level
    says: str
    remedy: str = ""
    exit_code: int = 1

    def __str__(self) -> str:
        return f"{self.level:<8} {self.name}: {self.says}" + (f"; {self.remedy}" if self.remedy else "")

    def document(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return {name: value for name, value in asdict(self).items() if name != "exit_code"}


def at_least(name: str, amount: float, warn_below: float, wrong_below: float, says: str, remedy: str) -> Check:
    """Return a check that fails where `amount` is below `wrong_below` and warns where it is below `warn_below`."""
    if amount < wrong_below:
        return Check(name, "wrong", says, remedy)
    return Check(name, "warning", says, remedy) if amount < warn_below else Check(name, "ok", says)
