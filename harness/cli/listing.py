"""The command that lists what there is: papers, suites, nets, data sets, measurements, inspections."""

from __future__ import annotations

import json
from typing import Any

import click

from harness.cli.options import with_json


@click.command("list")
@click.argument("group", required=False, metavar="[GROUP]")
@with_json
def list_all(group: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List papers, suites, models, data sets, measures and inspections, one line each, or one GROUP of them.

    What installed packages add is among them, and what the project in this folder adds.
    """
    from harness.errors import UsageError  # noqa: PLC0415 - help does without all of these
    from harness.suite.catalogue import catalogue  # noqa: PLC0415
    from harness.vocabulary import nearest  # noqa: PLC0415

    found = catalogue()
    if group is not None and group not in found:
        raise UsageError(f"no group {group!r}{nearest(group, found)}")
    found = found if group is None else {group: found[group]}
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        _show(found)


def _show(found: dict[str, list[dict[str, Any]]]) -> None:
    for group, records in found.items():
        click.echo(group)
        for one in records:
            click.echo(f"  {one['name']:<24} {one['says']}" + ("" if group in ("papers", "suites") else _of(one)))


def _of(record: dict[str, Any]) -> str:
    """Whose it is, where it is another package's."""
    return "" if record["from"] == "paper-harness" else f" [{record['from']}]"
