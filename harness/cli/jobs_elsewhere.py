"""The commands `job`, which runs one job from its directory, and `jobs`, which lists what a cluster was handed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import runtime_of, with_json, with_micro_batch, with_places, with_processes, with_store

if TYPE_CHECKING:
    from harness.run.executors.slurm.submitted import Submitted


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_places
@with_micro_batch
@with_processes
@click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads of each process; by default they share the cores."
)
@click.option(
    "--resume-elsewhere", is_flag=True, help="Resume from a checkpoint of another machine; marked in the result."
)
def job(folder: Path, **flags: Any) -> None:
    """Run one job from its directory in a store, as an executor on another machine would."""
    from harness.progress import Progress  # noqa: PLC0415
    from harness.run.executors.local import Local  # noqa: PLC0415
    from harness.store.store import JobFolder  # noqa: PLC0415

    progress = Progress()
    progress.begin(folder.name)
    Local(runtime_of(flags), progress).run(JobFolder(folder))
    click.echo(JobFolder(folder).result)


@click.command()
@with_store
@with_json
@click.option("--all", "everything", is_flag=True, help="Also list jobs that are done.")
@click.option("--cancel", "ends", is_flag=True, help="End every job of this store that Slurm still has, in one call.")
def jobs(store_folder: Path, as_json: bool, everything: bool, ends: bool) -> None:  # noqa: FBT001
    """Show which jobs run, wait or failed on Slurm, with the paths of their logs."""
    from harness.run.executors.slurm.submitted import cancel, submitted  # noqa: PLC0415 - help does without it
    from harness.store.store import Store  # noqa: PLC0415

    listed = submitted(Store(store_folder))
    if ends:
        listed = cancel(listed)
    if as_json:
        click.echo(json.dumps([one.document() for one in listed], indent=1))
    elif ends:
        click.echo(f"ended {len(listed)} jobs; what they saved stays, and the next run goes on from there")
    else:
        _show(listed, everything=everything)


def _show(listed: list[Submitted], *, everything: bool) -> None:
    for one in listed:
        if everything or one.state != "done":
            click.echo(f"{one.state}  {one.number}  {one.label}" + (f"  ({one.why})" if one.why else ""))
            if one.log is not None:
                click.echo(f"  {one.log}")
    counts = Counter(one.state for one in listed)
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing was submitted from here")
