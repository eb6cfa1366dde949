"""The commands `data check`, `data prepare` and `data fetch`: check data sets, copy them, download the public ones."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from harness.cli.options import FOLDER, Commands, with_json
from harness.errors import DataMissing, UsageError

with_kit = click.option(
    "--kit", type=click.Path(exists=True, path_type=Path), help="The development kit's folder, or its meta.mat."
)
with_threads = click.option("--threads", type=click.IntRange(min=1), help="Threads; all cores by default.")
with_root = click.option("--data-root", type=FOLDER, help="A folder that holds data sets.")
NAME = click.argument("name")
PATH = click.argument("path", required=False, type=FOLDER)


@click.group(cls=Commands)
def data() -> None:
    """Check data sets in place, make compact copies of them, or download the public ones."""


@data.command()
@NAME
@PATH
@click.option("--decode", is_flag=True, help="Decode every image instead of a seeded sample.")
@with_kit
@with_root
@with_threads
@with_json
def check(name: str, path: Path | None, *, as_json: bool, **flags: Any) -> None:
    """Identify the data set in PATH: whether it is the official one, what is damaged, and how to repair it.

    Reads class folders, flat folders, Kaggle's tree, Hugging Face's parquet files, and the official archives. Without
    PATH, searches where a run would. Exits with 0 when the set is usable in place, with 4 when something is missing or
    wrong.
    """
    from harness.ingest.report import check_stored, show_check  # noqa: PLC0415
    from harness.jobs.extensions import known_dataset  # noqa: PLC0415 - help does without it

    dataset = known_dataset(name)
    folder = _folder(dataset, path, flags["data_root"])
    document = check_stored(dataset, folder) if dataset.files else _checked(dataset, folder, flags)
    if as_json:
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        show_check(document)
    if not document["usable"]:
        sys.exit(DataMissing.exit_code)


@data.command()
@NAME
@PATH
@click.option("--out", required=True, type=FOLDER, help="The copy's folder; an unfinished copy there is resumed.")
@click.option(
    "--short-side",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    metavar="PIXELS",
    help="Reduce images whose shorter side is longer: 256 for AlexNet, 512 for PReLU's scale jitter.",
)
@click.option("--quality", type=click.IntRange(1, 100), default=90, show_default=True, help="Quality of the JPEGs.")
@click.option("--unchanged", is_flag=True, help="Copy every file unchanged into class folders.")
@click.option("--packed", is_flag=True, help="Put the images into a few large files instead of class folders.")
@click.option("--raw", is_flag=True, help="With --packed, store decoded pixels: over ten times the room.")
@click.option("--split", "splits", multiple=True, help="Only this split; repeatable.")
@click.option(
    "--allow-damaged",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    metavar="FRACTION",
    help="Largest share of damaged images to leave out; the copy is then not official.",
)
@with_kit
@with_root
@with_threads
@with_json
def prepare(name: str, path: Path | None, out: Path, *, as_json: bool, **flags: Any) -> None:
    """Make the compact copy that training reads: JPEGs in class folders or packs. The originals are only read.

    After an interruption at any moment, the same command resumes and ends in the same bytes.
    """
    from harness.ingest.encode import Compact  # noqa: PLC0415
    from harness.ingest.prepare import prepare as prepared  # noqa: PLC0415
    from harness.ingest.report import show_copy  # noqa: PLC0415
    from harness.jobs.extensions import known_dataset  # noqa: PLC0415 - help does without it
    from harness.progress import Progress  # noqa: PLC0415
    from harness.stop_signal import StopSignal  # noqa: PLC0415

    dataset = known_dataset(name)
    folder = _folder(dataset, path, flags["data_root"])
    compact = Compact(None if flags["unchanged"] else flags["short_side"], flags["quality"], _packed(flags))
    with StopSignal().listening() as stop:
        copy = prepared(
            dataset,
            folder,
            out,
            compact,
            allow_damaged=flags["allow_damaged"],
            threads=_threads(flags),
            progress=Progress(),
            stop=stop,
            splits=flags["splits"],
            kit=flags["kit"],
        )
    if as_json:
        click.echo(json.dumps(copy.manifest, indent=1, sort_keys=True, ensure_ascii=False))
    else:
        show_copy(copy, out)


@data.command()
@NAME
@with_root
def fetch(name: str, data_root: Path | None) -> None:
    """Download a public set into the first data root, and verify the digest of every file."""
    from harness.data.locate import Found, Locations  # noqa: PLC0415
    from harness.data.locate import fetch as fetched  # noqa: PLC0415
    from harness.ingest.report import require_official  # noqa: PLC0415
    from harness.jobs.extensions import known_dataset  # noqa: PLC0415 - help does without it
    from harness.machine.entry_points import names  # noqa: PLC0415

    dataset, locations = known_dataset(name), Locations.gather(data_root, (), os.environ, also=names("datasets"))
    found = locations.find(dataset)
    if not isinstance(found, Found):
        fetched(dataset, locations.roots[0].path, lambda line: click.echo(line, err=True))
        found = locations.require(dataset)
    click.echo(f"{found.path}: {require_official(dataset, found)}")


def _checked(dataset: Any, folder: Path, flags: dict[str, Any]) -> dict[str, Any]:
    from harness.ingest.check import check as checked  # noqa: PLC0415
    from harness.progress import Progress  # noqa: PLC0415
    from harness.stop_signal import StopSignal  # noqa: PLC0415

    with StopSignal().listening() as stop:
        found = checked(
            dataset,
            folder,
            decode=flags["decode"],
            threads=_threads(flags),
            progress=Progress(),
            stop=stop,
            kit=flags["kit"],
        )
    return found.document()


def _folder(dataset: Any, path: Path | None, data_root: Path | None) -> Path:
    """Return the named folder, or find one; raises DataMissing where there is none."""
    if path is not None and path.is_file():
        raise DataMissing(f"{path}: is a file; name the folder that holds it: {path.parent}")
    if path is not None and not path.is_dir():
        raise DataMissing(f"{path}: no such folder")
    return path or _place(dataset, data_root)


def _place(dataset: Any, data_root: Path | None) -> Path:
    """Return the folder where a run would find the set, otherwise the first existing folder it would search."""
    from harness.data.locate import Locations, Missing  # noqa: PLC0415
    from harness.machine.entry_points import names  # noqa: PLC0415

    locations = Locations.gather(data_root, (), os.environ, also=names("datasets"))
    found = locations.find(dataset)
    if not isinstance(found, Missing):
        return found.path
    there = next((place.path for place in locations.places(dataset) if place.path.is_dir()), None)
    if there is None:
        raise DataMissing(found.message())
    return there


def _packed(flags: dict[str, Any]) -> Any:
    """Return what packs are to hold; None for class folders."""
    if flags["raw"] and not flags["packed"]:
        raise UsageError("--raw: pixels are stored in packs only; say --packed --raw")
    return None if not flags["packed"] else "raw" if flags["raw"] else "jpeg"


def _threads(flags: dict[str, Any]) -> int:
    from harness.machine.runtime import cores  # noqa: PLC0415

    return flags["threads"] or cores()
