"""Publishes reports below one folder, with an index page: each reference with its verdict, evidence and link."""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup

from harness.errors import UsageError
from harness.report.changed_verdicts import as_markdown
from harness.report.ledger_records import Ledger
from harness.report.page.read import read_report
from harness.report.page.render import TEMPLATES, csp_hash, environment, rebuild, render
from harness.report.results.document import Results
from harness.store.store import write_atomically

CHANGED = "verdicts-changed.md"
"""Beside the index: the verdicts that are others than those first published, before and after."""


def add_report(source: Path, published: Path) -> Path:
    """Copy a report into the published folder, its page written anew from its results; gives where it lies.

    Raises UsageError for a folder that holds no report, or one that was changed after it was written.
    """
    results, curves = read_report(source)
    folder = published / results.suite / results.scale
    if not folder.resolve().is_relative_to(published.resolve()):
        raise UsageError(f"{source / 'results.json'}: suite {results.suite!r} is no name of a folder")
    page = render(results, curves)
    for name in ("results.json", "curves.json"):
        write_atomically(folder / name, (source / name).read_bytes())
    write_atomically(folder / "index.html", page.encode(errors="xmlcharrefreplace"))
    return folder


def published_results(published: Path) -> dict[tuple[str, str], Results]:
    """The results of every report below the folder, by suite and scale; their pages are written anew."""
    found: dict[tuple[str, str], Results] = {}
    for path in sorted(published.glob("*/*/results.json")):
        found[path.parent.parent.name, path.parent.name] = rebuild(path.parent)
    return found


def write_ledger(document: Ledger, published: Path) -> None:
    """Write `index.html`, `index.json` and the list of verdicts that changed; each appears whole or not at all."""
    text = json.dumps(document.model_dump(), sort_keys=True, indent=1, allow_nan=False) + "\n"
    write_atomically(published / "index.json", text.encode())
    write_atomically(published / CHANGED, as_markdown(document).encode())
    write_atomically(published / "index.html", render_ledger(document).encode(errors="xmlcharrefreplace"))


def render_ledger(document: Ledger) -> str:
    """The page as HTML, a pure function of the ledger."""
    style, script = ((TEMPLATES / name).read_text("utf-8") for name in ("style.css", "script.js"))
    return (
        environment()
        .get_template("ledger.html")
        .render(
            ledger=document,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            style_hash=csp_hash(style),
            script_hash=csp_hash(script),
        )
    )
