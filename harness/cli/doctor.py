"""The command `doctor`, which finds faults of this machine and names their remedies."""

from __future__ import annotations

import json
import os
from itertools import chain
from pathlib import Path

import click

from harness.cli.options import FOLDER, with_json, with_store


@click.command()
@with_store
@click.option("--out", type=FOLDER, default=Path("reports"), show_default=True, help="Folder of reports.")
@click.option("--data-root", type=FOLDER, help="A folder that holds data sets, in torchvision's layout.")
@click.option("--data", "data_flags", multiple=True, metavar="NAME[=DIR]", help="A required data set; repeatable.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="The required device.",
)
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads; all cores by default.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="Time that torch may take to answer.",
)
@with_json
def doctor(
    store_folder: Path,
    out: Path,
    data_root: Path | None,
    data_flags: tuple[str, ...],
    device: str,
    threads: int | None,
    wait_s: float,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Check packages, device, arithmetic, disk, memory, data, store and clock; print faults with their remedies."""
    from harness.data import dataset_named  # noqa: PLC0415 - help does without all of these
    from harness.data.locate import Locations  # noqa: PLC0415
    from harness.jobs.extension_checks import extension_checks  # noqa: PLC0415
    from harness.machine.doctor import examine, verdict  # noqa: PLC0415
    from harness.machine.entry_points import names  # noqa: PLC0415
    from harness.machine.runtime import cores  # noqa: PLC0415

    packages = list(extension_checks())
    needed = {dataset_named(flag.partition("=")[0]).name for flag in data_flags}
    named = [flag for flag in data_flags if "=" in flag]
    locations = Locations.gather(data_root, named, os.environ, also=names("datasets"))
    checks = []
    seen = examine(store_folder, out, locations, needed, device, threads or cores(), wait_s)
    for check in chain(packages, seen):
        checks.append(check)
        if not as_json:
            click.echo(str(check))
    if as_json:
        click.echo(json.dumps([check.document() for check in checks], indent=1))
    if (error := verdict(checks)) is not None:
        raise error
