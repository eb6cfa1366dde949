"""The commands about ledgers: `coverage` of papers by suites, and `publish`, which indexes reports by paper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import FOLDER, with_json
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.report.ledger_records import Ledger
    from harness.report.results.document import Results


@click.command()
@click.argument("reports", nargs=-1, metavar="[DIR]...", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--into", type=FOLDER, default=Path("reports/published"), show_default=True, help="The folder of published reports."
)
def publish(reports: tuple[Path, ...], into: Path) -> None:
    """Add report folders to the published ones, and write all published pages and their index again."""
    from harness.report.page import ledger  # noqa: PLC0415 - jinja
    from harness.store.store import make_writable  # noqa: PLC0415

    make_writable(into, "the folder", "name another with --into DIR")
    ledger.require_published(into, [ledger.require_report(report) for report in reports])  # before the first is copied
    for report in reports:
        click.echo(ledger.add_report(report, into))
    ledger.write_ledger(_ledger_of(ledger.published_results(into)), into)
    size = sum(path.stat().st_size for path in into.rglob("*") if path.is_file())
    click.echo(f"{into / 'index.html'}: {size / 1e6:.1f} MB in all")


def _ledger_of(found: Mapping[tuple[str, str], Results]) -> Ledger:
    """The ledger of published reports; a paper that is not known here is told on standard error."""
    from harness.report.coverage import known_coverage  # noqa: PLC0415
    from harness.report.ledger import ledger  # noqa: PLC0415
    from harness.suite.references import known_references  # noqa: PLC0415
    from harness.suite.released import known_releases  # noqa: PLC0415
    from harness.suite.shipped import paper_homes, suite_texts  # noqa: PLC0415

    published = {results.paper for results in found.values()}
    papers = sorted(published & paper_homes().keys())
    for name in sorted(published.difference(papers)):
        click.echo(f"paper {name} is not known here, so its reports are listed without a ledger", err=True)
    references, covered = (known_references(papers), known_coverage(papers)) if papers else ({}, [])
    releases = known_releases(papers) if papers else {}
    return ledger(references, covered, found, suite_texts(), releases)


@click.command()
@click.argument("papers", metavar="[PAPER]...", nargs=-1)
@with_json
@click.option(
    "--found",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Print what the reports published in DIR found instead, a column a paper, in Markdown.",
)
def coverage(papers: tuple[str, ...], as_json: bool, found: Path | None) -> None:  # noqa: FBT001
    """Print the ledger: every claim, table, figure and cell of the papers, where it stands and how it can be judged.

    Without PAPER, the ledger is of all papers that are known: those of the program, of installed packages and of the
    folder `suites` here. Then print every open choice and deviation, and whether a release of the authors settles it.
    """
    from harness.cli.tables import show_coverage  # noqa: PLC0415
    from harness.report.coverage import known_rows  # noqa: PLC0415

    if found is not None:
        _show_found(found, papers, as_json=as_json)
        return
    rows = known_rows(papers)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        show_coverage(rows)


def _show_found(folder: Path, papers: tuple[str, ...], *, as_json: bool) -> None:
    from harness.report.found_table import found_table  # noqa: PLC0415
    from harness.report.page.read import read_report  # noqa: PLC0415

    if as_json:
        raise UsageError("--found prints Markdown; index.json beside published reports is its data")
    reports = {
        (path.parent.parent.name, path.parent.name): read_report(path.parent)[0]
        for path in sorted(folder.glob("*/*/results.json"))
    }
    chosen = {key: results for key, results in reports.items() if not papers or results.paper in papers}
    if not chosen:
        whose = f" of {', '.join(papers)}" if papers else ""
        raise UsageError(f"{folder} holds no published report{whose}")
    click.echo(found_table(_ledger_of(chosen)), nl=False)
