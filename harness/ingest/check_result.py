"""The result of a check: counts of every split, and findings with their fixes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.data.declared import Dataset
from harness.ingest.image_finding import Finding, prepare_command
from harness.ingest.layouts import stored_splits
from harness.ingest.tally import DAMAGE, Tally


@dataclass(slots=True)
class Checked:
    """The result of a check."""

    dataset: Dataset
    folder: Path
    kit: Path | None = None
    tallies: list[Tally] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Whether training can read the whole set in place and nothing is wrong with it."""
        return not any(finding.wrong for finding in self.findings)

    def damaged_share(self) -> float:
        """Return the share of damaged images, between 0 and 1, rounded up."""
        found = [tally.found[code].count for tally in self.tallies for code in DAMAGE if code in tally.found]
        return math.ceil(1e6 * sum(found) / sum(tally.images for tally in self.tallies)) / 1e6

    def prepare_command(self, *more: str) -> str:
        """Return the command that copies this set."""
        kit = [] if self.kit is None else ["--kit", str(self.kit)]
        return prepare_command(self.dataset, self.folder, *kit, *more)

    def wrong(self, code: str, says: str, fix: str = "") -> None:
        """Add a fault."""
        self.findings.append(Finding(code, says, fix=fix))

    def note(self, code: str, says: str, fix: str = "") -> None:
        """Add a remark that does not make the set unusable."""
        self.findings.append(Finding(code, says, wrong=False, fix=fix))

    def document(self) -> dict[str, Any]:
        """Return the result as plain data."""
        splits = [_split_document(tally, self.dataset) for tally in self.tallies]
        findings = [finding.document() for finding in self.findings]
        about = {"name": self.dataset.name, "folder": str(self.folder), "usable": self.usable}
        return about | {"splits": splits, "findings": findings}


def _split_document(tally: Tally, dataset: Dataset) -> dict[str, Any]:
    sizes = [count for name, count in tally.classes.items() if name]
    return {
        "split": tally.source.split,
        "form": tally.source.form,
        "place": str(tally.source.place),
        "order": tally.source.order,
        "images": tally.images,
        "official_images": stored_splits(dataset).get(tally.source.split) if dataset.exact else None,
        "classes": len(sizes),
        "smallest_class": min(sizes, default=None),
        "largest_class": max(sizes, default=None),
        "class_counts": {name: count for name, count in sorted(tally.classes.items()) if name},
        "modes": dict(sorted(tally.modes.items())),
        "decoded": tally.decoded,
    }
