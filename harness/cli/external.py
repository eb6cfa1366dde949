"""The commands `submission`, `record` and `import`, about results that do not come from running a suite here."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import FOLDER, options
from harness.vocabulary import SCALES, ScaleName

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
with_store = click.option(
    "--store",
    "store_folder",
    type=FOLDER,
    default=Path("runs"),
    show_default=True,
    help="Folder of jobs and their results.",
)
with_provenance = options(
    click.option("--from", "source", required=True, metavar="TEXT", help="Who vouches for it; one line."),
    click.option("--url", help="Web address where it can be seen."),
)
with_seed = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the training; of an ensemble, the repetition.",
)


@click.command()
@click.argument("predictions", type=FILE)
@click.option(
    "--kit", required=True, type=click.Path(exists=True, path_type=Path), help="The kit's meta.mat, or its list."
)
@click.option("--out", required=True, type=FOLDER, help="The file to write.")
def submission(predictions: Path, kit: Path, out: Path) -> None:
    """Write the file that the ILSVRC-2012 server scores, from a test's predictions.npz."""
    from harness.run.submission import write_submission  # noqa: PLC0415 - numpy

    click.echo(f"{out}: {write_submission(predictions, kit, out):,} lines")


@click.command()
@click.argument("suite_file", metavar="SUITE")
@click.argument("cell")
@click.argument("value")
@with_provenance
@click.option("--date", required=True, metavar="YYYY-MM-DD", help="Day on which the server gave it.")
@click.option("--submission", type=FILE, help="The submitted file; checked against the predictions.")
@click.option("--kit", type=FILE, help="The kit's meta.mat or list, to check class numbers too.")
@with_store
@click.option("--scale", type=click.Choice(SCALES), default="paper", show_default=True, help="The scale of the test.")
@with_seed
@click.option("--replace", is_flag=True, help="Replace an existing score; the old one is kept.")
def record(
    suite_file: str,
    cell: str,
    value: str,
    source: str,
    url: str | None,
    date: str,
    submission: Path | None,
    kit: Path | None,
    store_folder: Path,
    scale: ScaleName,
    seed: int,
    replace: bool,  # noqa: FBT001
) -> None:
    """Enter the VALUE, in percent, that a test server gave for a CELL whose labels were never published."""
    from harness.run.record_score import Score, record_score  # noqa: PLC0415 - pydantic and YAML
    from harness.store.store import Store  # noqa: PLC0415

    score = Score(value, source, date, url, submission, kit)
    click.echo(record_score(suite_file, cell, score, scale, seed, Store(store_folder), replace=replace))


@click.command("import")
@click.argument("checkpoint", type=FILE)
@click.option("--suite", "suite_file", required=True, metavar="SUITE", help="The suite that tests it.")
@click.option("--experiment", required=True, metavar="NAME", help="The training whose result it becomes.")
@click.option("--scale", type=click.Choice(SCALES), required=True, help="The scale of that training.")
@with_provenance
@click.option("--licence", metavar="TEXT", help="Licence under which it may be used.")
@with_seed
@click.option("--names", type=FILE, metavar="FILE", help="A JSON object {theirs: ours} of tensors with other names.")
@click.option("--torchvision", is_flag=True, help="The file is one of torchvision's; its names are known.")
@with_store
def import_weights(
    checkpoint: Path,
    suite_file: str,
    experiment: str,
    scale: ScaleName,
    source: str,
    url: str | None,
    licence: str | None,
    seed: int,
    names: Path | None,
    torchvision: bool,  # noqa: FBT001 - click gives flags by name
    store_folder: Path,
) -> None:
    """Import a CHECKPOINT (a state dict) that was trained elsewhere, for evaluation only and marked as such."""
    from harness.run.import_weights import Foreign  # noqa: PLC0415 - pydantic and YAML
    from harness.run.import_weights import import_weights as imported  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    foreign = Foreign(checkpoint, source, url, licence, names, torchvision)
    folder, unlocked = imported(suite_file, experiment, scale, seed, foreign, Store(store_folder))
    click.echo(folder.path)
    for job in unlocked:
        click.echo(f"test it: python -m harness job {job.path}", err=True)
