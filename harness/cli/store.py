"""The commands `verify` and `store`: verify a store, list it, clean it up, and carry results between stores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from harness.cli.options import (
    FOLDER,
    Commands,
    cluster_of,
    runtime_of,
    with_engine,
    with_json,
    with_places,
    with_store,
)
from harness.errors import Unsound, UsageError
from harness.vocabulary import SCALES


@click.command()
@with_places
@with_json
@click.option(
    "--rerun", metavar="KEY", help="Run this job again in another folder and compare; a prefix of the key is enough."
)
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads of --rerun; as recorded by default.")
@with_engine
def verify(store_folder: Path, rerun: str | None, as_json: bool, **flags: Any) -> None:  # noqa: FBT001
    """Check every file of every job against its digest; exits with 1 when one is damaged. Nothing is changed."""
    if rerun is not None:
        _verify_by_running(store_folder, rerun, flags, as_json=as_json)
        return
    if cluster_of(flags) is not None:
        raise UsageError("--on slurm is where --rerun runs the job; without it nothing runs")
    from harness.progress import Progress  # noqa: PLC0415 - help does without all of these
    from harness.run.verify import verify as checked  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    found = checked(Store(store_folder), Progress())
    if as_json:
        click.echo(json.dumps(found.document(), indent=1, sort_keys=True))
    else:
        for kind, faults in (("damaged", found.damage), ("note", found.notes)):
            for fault in faults:
                click.echo(f"{kind}: {fault}")
        click.echo(f"{found.jobs} jobs, {found.files} files: {'damaged' if found.damage else 'sound'}")
    if found.damage:
        raise Unsound(f"{store_folder}: {len(found.damage)} fault(s); the lines above give the remedy of each")


def _verify_by_running(store_folder: Path, key: str, flags: dict[str, Any], *, as_json: bool) -> None:
    from harness.progress import Progress  # noqa: PLC0415
    from harness.run.rerun import rerun  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    runtime, cluster = runtime_of(flags), cluster_of(flags)
    found = rerun(Store(store_folder), key, runtime, Progress(), threads=flags["threads"], cluster=cluster)
    if as_json:
        click.echo(json.dumps(found.document(), indent=1, sort_keys=True))
    else:
        for line in found.lines():
            click.echo(line)
    if found.is_unsound:
        raise Unsound(f"{found.label} differs from its stored result, though machine and versions are the same")


@click.group(cls=Commands)
def store() -> None:
    """List the jobs of a store, clean it up, and carry results from one store to another."""


@store.command()
@with_store
@with_json
@click.option(
    "--sort",
    type=click.Choice(["label", "state", "age", "size", "seconds"]),
    default="label",
    show_default=True,
    help="Order of the list; numbers with the largest first.",
)
def ls(store_folder: Path, as_json: bool, sort: str) -> None:  # noqa: FBT001
    """List the jobs of a store: state, label, key, age, size, and the seconds each took."""
    from harness.cli.store_tables import show_entries  # noqa: PLC0415
    from harness.store.inventory import entries, sorted_by  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    listed = sorted_by(entries(Store(store_folder)), sort)
    if as_json:
        click.echo(json.dumps([entry.document() for entry in listed], indent=1))
    else:
        show_entries(listed)


@store.command()
@with_store
@with_json
@click.option("--stale", is_flag=True, help="Also remove stale results that --refresh-stale set aside.")
@click.option("--unfinished", is_flag=True, help="Also remove unfinished jobs with their checkpoints.")
@click.option(
    "--keep",
    multiple=True,
    metavar="SUITE[:SCALE]",
    help="Also remove jobs that none of the named suites needs; repeatable.",
)
@click.option("--yes", is_flag=True, help="Remove the files; without this, only list them.")
def gc(store_folder: Path, as_json: bool, yes: bool, keep: tuple[str, ...], **flags: Any) -> None:  # noqa: FBT001
    """Remove left-over files of killed processes, checkpoints of finished jobs, and submissions to Slurm that are over.

    Flags add more. What a job in Slurm's queue needs stays. Dry run without --yes.
    """
    from harness.cli.store_tables import show_garbage  # noqa: PLC0415
    from harness.plan.stored_jobs import wanted_in  # noqa: PLC0415
    from harness.run.executors.slurm.unneeded import handed  # noqa: PLC0415
    from harness.store.garbage import garbage, remove  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    found = Store(store_folder)
    gone, there = garbage(found, wanted=wanted_in(found, keep) if keep else None, **flags), handed(found)
    gone = [*there.without_needed(gone), *there.garbage]
    if there.silent:
        click.echo(f"{there.silent}: submissions with jobs that are not done stay, and so do these jobs", err=True)
    removed, stayed = remove(found, gone) if yes else ([], [])
    if as_json:
        document = {"found": gone, "removed": removed, "stayed": stayed}
        click.echo(
            json.dumps({name: [one.document() for one in listed] for name, listed in document.items()}, indent=1)
        )
    else:
        show_garbage(gone, removed=removed if yes else None, stayed=stayed)


@store.command()
@click.argument("file", metavar="FILE.tar.gz", type=FOLDER)
@click.argument("keys", metavar="[KEY...]", nargs=-1)
@with_store
@click.option("--suite", metavar="SUITE", help="Export the jobs of this suite.")
@click.option("--scale", type=click.Choice(SCALES), help="Only this scale of the suite.")
@click.option("--weights", is_flag=True, help="Include trained nets; they are large, and no report needs them.")
def export(
    store_folder: Path,
    file: Path,
    keys: tuple[str, ...],
    suite: str | None,
    scale: str | None,
    weights: bool,  # noqa: FBT001
) -> None:
    """Write finished jobs, by default all, with their inputs into an archive for `store merge`."""
    from harness.plan.stored_jobs import declarations_of, finished_of_keys, finished_of_suite  # noqa: PLC0415
    from harness.store.archive import export as exported  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    if keys and suite:
        raise UsageError("name either keys or a --suite")
    if scale and not suite:
        raise UsageError("--scale needs a --suite; name one")
    found = Store(store_folder)
    folders = finished_of_suite(found, suite, scale) if suite else finished_of_keys(found, keys)
    if not folders:
        raise UsageError(f"{store_folder} has no finished job to export")
    done = exported(file, folders, declarations_of(found, suite, scale), weights=weights)
    without = f", {done.left_out} of them without all of their outputs" if done.left_out else ""
    click.echo(f"{file}: {done.jobs} jobs{without}, {done.bytes:,} bytes")


@store.command()
@click.argument("sources", metavar="FILE|DIR...", nargs=-1, required=True, type=FOLDER)
@with_store
@with_json
@click.option("--keep-ours", is_flag=True, help="In a conflict keep the store's own result, and take the rest.")
def merge(store_folder: Path, sources: tuple[Path, ...], as_json: bool, keep_ours: bool) -> None:  # noqa: FBT001
    """Take results from archives or other stores. Each is verified first, and with a conflict none is taken."""
    from harness.progress import Progress  # noqa: PLC0415
    from harness.store.merge import merge as merged_into  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    found = merged_into(Store(store_folder), sources, Progress(), keep_ours=keep_ours)
    if as_json:
        click.echo(json.dumps(found.document(), indent=1))
        return
    for conflict in found.kept:
        click.echo(f"kept ours: {conflict}")
    counts = f"{len(found.taken)} taken, {len(found.completed)} completed, {len(found.same)} here already"
    click.echo(f"{store_folder}: {counts}")
