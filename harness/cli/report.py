"""The command that writes a report again, and gives its results in the forms of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import open_page, runtime_of, with_open, with_out, with_places, with_reported_scale
from harness.errors import UsageError
from harness.report.exports import EXPORTS

if TYPE_CHECKING:
    from harness.report.results.document import Results


@click.command()
@click.argument("target", metavar="SUITE|DIR")
@with_reported_scale
@with_places
@with_out
@click.option(
    "--export",
    type=click.Choice(EXPORTS),
    help="Print the results in this form instead of the page's path; `crate` makes the report's folder an RO-Crate.",
)
@click.option("--licence", metavar="URL", help="The licence that the crate of --export crate is published under.")
@click.option(
    "--judge-again",
    is_flag=True,
    help="Judge a report folder again by the current suite and rules, from its own files alone.",
)
@click.option("--suite", "by_suite", metavar="SUITE", help="The suite for --judge-again; by default the shipped one.")
@with_open
def report(target: str, export: str | None, licence: str | None, **flags: Any) -> None:
    """Write a suite's report again from the store, or a report folder's from its own files, and run nothing."""
    if flags["by_suite"] is not None and not flags["judge_again"]:
        raise UsageError("--suite is the suite for --judge-again; give both")
    if licence is not None and export != "crate":
        raise UsageError("--licence is the licence of a crate; give --export crate too")
    folder, results = _reported(target, flags)
    if export == "crate":
        from harness.report.exports.crate import write_crate  # noqa: PLC0415 - an extra of the package

        click.echo(write_crate(results, folder, licence))
    elif export is not None:
        from harness.report.exports.texts import export as exported  # noqa: PLC0415 - pandas

        click.echo(exported(results, export), nl=False)
    else:
        click.echo(folder / "index.html")
    if flags["opened"]:
        open_page(folder / "index.html")


def _reported(target: str, flags: dict[str, Any]) -> tuple[Path, Results]:
    """Write the page again; return its folder and its results."""
    folder, scale = Path(target), flags["scale"]
    if flags["judge_again"]:
        from harness.run.judge_report import judge_folder_again  # noqa: PLC0415 - pydantic, YAML, jinja and matplotlib

        return folder, judge_folder_again(folder, flags["by_suite"])
    if folder.is_dir():
        from harness.report.page.render import rebuild  # noqa: PLC0415 - jinja and matplotlib

        return folder, rebuild(folder)
    from harness.run.pipeline import report_suite  # noqa: PLC0415 - pydantic, YAML and all of the former

    return report_suite(target, scale, flags["store_folder"], flags["out"], runtime_of(flags))
