"""Output of the commands about data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.data.declared import Dataset
from harness.data.fingerprint import official
from harness.data.locate import Found
from harness.data.prepared import Copy
from harness.errors import DataMissing
from harness.ingest.image_finding import Finding
from harness.progress import size


def check_stored(dataset: Dataset, folder: Path) -> dict[str, Any]:
    """Check a set of a few files by their digests; returns a document like that of a check of image folders."""
    standing = official(dataset, Found(folder, "the folder that was named"))
    findings = [] if standing.yes else [Finding("content", standing.reason, fix=dataset.unlock).document()]
    about = {"name": dataset.name, "folder": str(folder), "usable": standing.yes}
    return about | {"splits": [], "findings": findings, "says": standing.reason}


def show_check(document: dict[str, Any]) -> None:
    """Print the result of a check."""
    click.echo(f"{document['name']} in {document['folder']}")
    for split in document["splits"]:
        of = f" of {split['official_images']:,}" if split["official_images"] is not None else ""
        sizes = "{smallest_class:,} to {largest_class:,}".format(**split) if split["classes"] else ""
        classes = f"{split['classes']:,} classes of {sizes}, " if split["classes"] else ""
        click.echo(f"  {split['split']}: {split['images']:,}{of} images, {classes}as {split['form']}")
        click.echo(f"    class order: {split['order']}")
    for found in document["findings"]:
        finding = Finding(found["code"], found["says"], wrong=found["wrong"], fix=found["fix"] or "")
        finding.names, finding.count = found["names"], found["count"]
        click.echo(f"  {finding.text()}")
    says = document.get("says") or "sound"
    click.echo(f"usable as it is: {says}" if document["usable"] else "not usable as it is")


def show_copy(copy: Copy, out: Path) -> None:
    """Print a summary of a copy."""
    for split, about in copy.manifest["splits"].items():
        click.echo(
            f"{out / split}: {about['images']:,} images, {about['kept']:,} as they were, {about['encoded']:,} encoded; "
            f"{size(about['bytes'])} of {size(about['source_bytes'])}"
        )
        for damaged in about["damaged"]:
            click.echo(f"  left out: {damaged['name']}: {damaged['why']}")
    click.echo(f"{copy.says}; {copy.differs}")
    source = copy.manifest["source"]
    click.echo(f"official: {'yes' if source['official'] else 'no'}, {source['reason']}")


def require_official(dataset: Dataset, found: Found) -> str:
    """Return how a fetched set was recognised as official; raises DataMissing where it was not."""
    standing = official(dataset, found)
    if not standing.yes:
        raise DataMissing(f"{found.path}: {standing.reason}; delete it and fetch it again")
    return standing.reason
