"""Options of commands whose findings a CI server shows."""

from __future__ import annotations

import os
from pathlib import Path

import click

from harness.cli.options import options

FILE = click.Path(dir_okay=False, path_type=Path)


def _writable(_ctx: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Create the folder of an output before the work starts, so that no result is lost."""
    from harness.store.store import make_writable  # noqa: PLC0415 - only where a file is requested

    if path is not None:
        make_writable(path.parent, f"the folder of {option.opts[0]}", f"name another file with {option.opts[0]} FILE")
    return path


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


with_ci_outputs = options(
    click.option("--junit", type=FILE, callback=_writable, help="Write the findings to this file as JUnit XML."),
    click.option("--markdown", type=FILE, callback=_writable, help="Write them to this file as Markdown."),
    click.option(
        "--github/--no-github",
        default=_on_github,
        help="Annotate the suite files on GitHub and write the step's summary; on where $GITHUB_ACTIONS is true.",
    ),
)
"""Options `--junit FILE`, `--markdown FILE` and `--github`, passed as `junit`, `markdown` and `github` to
`write_outputs`."""
