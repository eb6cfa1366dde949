"""Places for several jobs at a time whose jobs are fabricated in this process."""

from __future__ import annotations

from fabricated import Fake

from harness.errors import HarnessError
from harness.store.store import JobFolder


class FakePlaces:
    """So many places whose jobs are fabricated, each over when it is asked what ended: the last begun first."""

    def __init__(self, count: int, acts: dict[str, Exception] | None = None) -> None:
        self.count, self.acts = count, acts or {}
        self.at_work: list[tuple[JobFolder, str]] = []
        self.together: list[set[str]] = []

    @property
    def free(self) -> int:
        """Places without a job."""
        return self.count - len(self.at_work)

    def begin(self, folder: JobFolder, label: str) -> None:
        """Take a job."""
        self.at_work.append((folder, label.split("] ", 1)[1]))

    def ended(self) -> list[tuple[JobFolder, HarnessError | None]]:
        """End the last one."""
        if not self.at_work:
            return []
        self.together.append({label for _, label in self.at_work})
        folder, label = self.at_work.pop()
        if label in self.acts:
            return [(folder, self.acts[label])]
        Fake().run(folder)
        return [(folder, None)]
