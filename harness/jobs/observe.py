"""Opens the splits of a job and records what the job saw: image count, digest of ids, fingerprint, official or not."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from harness.data import DATASETS
from harness.data.fingerprint import fingerprint, official
from harness.data.locate import Locations
from harness.data.prepared import prepared_copy, require_sides
from harness.data.spec import DataSpec, Prepare
from harness.data.splits import Split, open_split
from harness.jobs.work import Work


def opened_split(work: Work, name: str, prepare: Prepare | None = None) -> closing[Split]:
    """Open one split of a job's data. Use it in a `with` statement, which ends its decoding threads.

    `prepare` replaces the preparation that the job's data declare. Raises the errors of `open_split`.
    """
    data = DataSpec.parsed(work.spec["data"])
    if prepare is not None:
        data = data.model_copy(update={"prepare": prepare})
    dataset = DATASETS[data.name]
    if dataset.read is None:
        require_sides(work.runtime.locations.require(dataset).path, _greatest_side(work, data))
    return closing(open_split(data, name, work.runtime.locations))


def _greatest_side(work: Work, data: DataSpec) -> int | None:
    """Return the largest shorter side, in pixels, to which the job rescales images; None if it keeps their size."""
    if data.prepare.short_side is not None:
        return data.prepare.short_side
    jitter = work.spec.get("recipe", {}).get("augmentation", {}).get("jitter")
    return int(jitter[1]) if jitter else None


def observed(split: Split, locations: Locations) -> dict[str, Any]:
    """Return the record of one split for a job's result."""
    dataset = DATASETS[split.spec.name]
    found = locations.require(dataset)
    standing = official(dataset, found)
    copy = None if dataset.files else prepared_copy(found.path)
    seen = {
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
    return seen if copy is None else seen | {"prepared": copy.record()}
