"""Commands about results that do not come from running a suite here."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli_options import FOLDER


@click.command()
@click.argument("predictions", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kit", required=True, type=click.Path(exists=True, path_type=Path), help="The kit's meta.mat, or its list."
)
@click.option("--out", required=True, type=FOLDER, help="The file to write.")
def submission(predictions: Path, kit: Path, out: Path) -> None:
    """Write the file that the ILSVRC-2012 server scores, from a test's predictions.npz."""
    from harness.submission import write_submission  # noqa: PLC0415 - numpy

    click.echo(f"{out}: {write_submission(predictions, kit, out):,} lines")
