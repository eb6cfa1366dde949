"""The command `publish`, which publishes reports with an index by paper."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import FOLDER


@click.command()
@click.argument("reports", nargs=-1, metavar="[DIR]...", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--into", type=FOLDER, default=Path("reports/published"), show_default=True, help="The folder of published reports."
)
def publish(reports: tuple[Path, ...], into: Path) -> None:
    """Add report folders to the published ones, and write all published pages and their index again."""
    from harness.report.coverage import shipped_coverage  # noqa: PLC0415
    from harness.report.ledger import ledger  # noqa: PLC0415
    from harness.report.page.ledger import add_report, published_results, write_ledger  # noqa: PLC0415 - jinja
    from harness.store.store import make_writable  # noqa: PLC0415
    from harness.suite.references import shipped_references  # noqa: PLC0415
    from harness.suite.released import shipped_releases  # noqa: PLC0415
    from harness.suite.shipped import shipped_texts  # noqa: PLC0415

    make_writable(into, "the folder", "name another with --into DIR")
    for report in reports:
        click.echo(add_report(report, into))
    found = published_results(into)
    texts, releases = shipped_texts(), shipped_releases()
    write_ledger(ledger(shipped_references(), shipped_coverage(), found, texts, releases), into)
    size = sum(path.stat().st_size for path in into.rglob("*") if path.is_file())
    click.echo(f"{into / 'index.html'}: {size / 1e6:.1f} MB in all")
