"""The manifest of a finished copy: its source, its settings, the fate of each image, and the difference of pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.data.declared import Dataset, class_list_digest
from harness.data.fingerprint import fingerprint
from harness.data.locate import Found
from harness.data.prepared import COPY_FORMAT, INDEX, CopyFiles
from harness.data.sets.imagenet import class_folders, class_images
from harness.data.sets.rescaled import says_rescaled
from harness.errors import DataMissing, HarnessError
from harness.ingest.encode import Compact
from harness.ingest.labels import require_first_images
from harness.ingest.piece_records import Summary
from harness.ingest.sources import Source
from harness.store.documents import seal
from harness.store.store import file_sha256, write_json


def write_manifest(
    dataset: Dataset,
    sources: list[Source],
    files: CopyFiles,
    compact: Compact,
    summaries: dict[str, Summary],
    short_side: int | None = None,
) -> None:
    """Write the manifest; raises HarnessError where the copy holds files that belong to no image of the source.

    `short_side` is the common shorter side of a source that was rescaled before.
    """
    for source in sources if compact.packed is None else ():  # packs are compared with their records as they end
        _require_no_strangers(files.out / source.split, summaries[source.split], labelled=source.labelled)
    why = why_not_official(dataset, summaries)
    if why is None and short_side is not None:
        why = says_rescaled("the source", short_side)
    document: dict[str, Any] = {
        "format": COPY_FORMAT,
        "dataset": dataset.name,
        "version": dataset.version,
        "copy": compact.document(),
        "source": {
            "official": why is None,
            "reason": why or f"class list and number of images as in the official {dataset.title}, and none damaged",
            "forms": {source.split: source.form for source in sources},
            "orders": {source.split: source.order for source in sources},
        },
        "splits": {split: summary.document() for split, summary in summaries.items()},
        "difference": _difference(summaries),
    }
    for split in dataset.splits:
        below = dataset.division.folder if dataset.division else split
        if below in summaries:
            document["splits"][below]["fingerprint"] = fingerprint(dataset, Found(files.out, "the copy"), split)
    if compact.packed is not None:
        for split in summaries:
            document["splits"][split]["index_sha256"] = file_sha256(files.out / split / INDEX)
    write_json(files.manifest, seal(document))


def why_not_official(dataset: Dataset, summaries: dict[str, Summary]) -> str | None:
    """Return why the copied images are not the whole official set, or None."""
    if not dataset.exact or dataset.class_list_digest is None:
        return f"no exact list of {dataset.title} is known, so it cannot be confirmed"
    labelled = [split for split in dataset.splits if split not in dataset.unlabelled]
    found = (_split_differs(dataset, split, summaries.get(split)) for split in labelled)
    return next((reason for reason in found if reason is not None), None)


def _split_differs(dataset: Dataset, split: str, summary: Summary | None) -> str | None:
    if summary is None:
        return f"{split} is not in it"
    if summary.damaged:
        return f"{len(summary.damaged):,} damaged images of {split} were left out"
    if class_list_digest(list(summary.classes)) != dataset.class_list_digest:
        return f"the {len(summary.classes)} classes of {split} are not the {dataset.classes} of {dataset.title}"
    if summary.images != dataset.splits[split]:
        return f"{summary.images:,} images in {split}, where {dataset.title} has {dataset.splits[split]:,}"
    try:
        require_first_images(dataset, split, [summary.first.get(number) for number in range(1, 10)], split)
    except DataMissing as error:
        return str(error)
    return None


def _difference(summaries: dict[str, Summary]) -> dict[str, Any] | None:
    """Summarise the sampled images' mean absolute differences of grey levels: mean and largest by shorter side."""
    sides: dict[str, list[float]] = {}
    for summary in summaries.values():
        for side, values in summary.differences.items():
            sides.setdefault(side, []).extend(values)
    if not sides:
        return None
    found = {side: {"mean": round(sum(v) / len(v), 4), "largest": round(max(v), 4)} for side, v in sides.items()}
    return {"unit": "grey levels, 0 to 255", "images": len(next(iter(sides.values()))), "sides": found}


def _require_no_strangers(folder: Path, summary: Summary, *, labelled: bool) -> None:
    """Raise HarnessError where the copy holds a file of an image that has left the source since the copy began."""
    there = class_folders(folder.parent, folder.name) if labelled and summary.images else []
    counts = {name: sum(1 for _ in class_images(folder / name)) for name in there}
    if not labelled and summary.images:
        counts, expected = {"": sum(1 for _ in class_images(folder))}, {"": summary.images}
    else:
        expected = summary.classes
    odd = next((name for name in sorted(counts | expected) if counts.get(name) != expected.get(name)), None)
    if odd is not None:
        raise HarnessError(
            f"{folder / odd}: holds {counts.get(odd, 0):,} images, where {expected.get(odd, 0):,} were copied: the "
            "source changed meanwhile; delete the copy and prepare it again"
        )
