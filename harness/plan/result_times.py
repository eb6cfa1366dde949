"""When results ended, so that a declaration of afterwards shows, whichever way the results came into a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.errors import HarnessError
from harness.store.declarations import moment
from harness.store.store import JobFolder, Store


@dataclass(frozen=True, slots=True)
class ResultTimes:
    """The times of a store's results, each read once."""

    store: Store
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def earliest(self, jobs: Iterable[tuple[str, str]]) -> str:
        """When the first of these jobs ended, by kind and key; empty where no result tells."""
        return min(filter(None, map(self._ended, jobs)), default="")

    def _ended(self, job: tuple[str, str]) -> str:
        if job not in self._known:
            self._known[job] = _ended(self.store.folder(*job))
        return self._known[job]


def _ended(folder: JobFolder) -> str:
    """When a job ended; empty without a result that says so, and of one that whoever judges it will refuse."""
    try:
        cost = (folder.read_result() or {}).get("cost")
    except HarnessError:
        return ""
    return moment(cost.get("finished_at")) if isinstance(cost, dict) else ""


def now() -> str:
    """The time of day as declarations write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
