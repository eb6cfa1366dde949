"""The command `compare`, which shows two runs of a suite side by side."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import with_json

EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("a", metavar="A", type=EXISTING)
@click.argument("b", metavar="B", type=EXISTING)
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "html"]),
    default="terminal",
    show_default=True,
    help="Tables for people, Markdown, or one self-contained page.",
)
@with_json
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of standard output."
)
def compare(a: Path, b: Path, form: str, as_json: bool, out: Path | None) -> None:  # noqa: FBT001
    """Compare two runs of one suite: A and B are report folders or results.json files.

    Differences, B minus A, are shown only where both runs have the same seeds, all of them, at the same scale and data.
    """
    from harness.report.compare.forms import compare_files, written  # noqa: PLC0415 - numpy and scipy
    from harness.store.documents import json_text  # noqa: PLC0415
    from harness.store.store import make_writable, write_atomically  # noqa: PLC0415

    document = compare_files(a, b)
    text = json_text(document.model_dump()) if as_json else written(document, form)
    if out is None:
        click.echo(text, nl=False)
        return
    make_writable(out.parent, "the folder of --out", "name another file with --out FILE")
    write_atomically(out, text.encode(errors="xmlcharrefreplace"))
    click.echo(out)
