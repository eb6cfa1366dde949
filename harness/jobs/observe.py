"""What a job really saw of its data: count and digest of sample ids, fingerprint, and whether the set is official."""

from __future__ import annotations

from typing import Any

from harness.data import DATASETS
from harness.data.fingerprint import fingerprint, official
from harness.data.locate import Locations
from harness.data.splits import Split


def observed(split: Split, locations: Locations) -> dict[str, Any]:
    """The record of one split that stands in a result."""
    dataset = DATASETS[split.spec.name]
    found = locations.require(dataset)
    standing = official(dataset, found)
    return {
        "name": dataset.name,
        "version": dataset.version,
        "split": split.name,
        "count": split.count,
        "whole": split.spec.subset is None and split.count == dataset.splits[split.name],
        "ids_sha256": split.ids_sha256,
        "fingerprint": fingerprint(dataset, found, split.name),
        "official": standing.yes,
        "official_reason": standing.reason,
    }
