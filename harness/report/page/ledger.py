"""Publishes reports below one folder, with an index page: each reference with its verdict, evidence and link."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from markupsafe import Markup

from harness.errors import UsageError
from harness.report.changed_verdicts import as_markdown
from harness.report.ledger_records import Ledger
from harness.report.page.ledger_rows import at_levels, in_numbers, rows_of
from harness.report.page.mark_images import short, with_marks
from harness.report.page.read import read_report
from harness.report.page.render import SYMBOL, TEMPLATES, csp_hash, environment, rebuild, render
from harness.report.page.tight import shorter_script, tight
from harness.report.page.verdicts import CELL_OUTCOMES, CLAIM_OUTCOMES, FIGURE_OUTCOMES, FLAGS, LEVELS
from harness.report.results.document import Results
from harness.store.store import write_atomically
from harness.suite.references import known_references
from harness.suite.shipped import paper_homes

MORE_FLAGS = {
    "DIVERGED": "A training that it rests on diverged, and counts as guessing; which one is told beside it.",
}
"""Words of the index that stand in no report."""

_MEANING = re.compile(r'<div><dt><(?:b class=".."|em)>([A-Z ]+)</(?:b|em)></dt>.*?</div>\n', re.DOTALL)
"""An outcome or a flag of the legend with what it means."""
_SPACE = re.compile(r"/\*.*?\*/|;?\s*([{};,])\s*|(?<=:)\s+")
"""Comments and spaces of a style sheet that mean nothing, and the semicolon that ends a rule."""

_TO_WRITE = re.compile(r"\s*TODO(?::|\s*$)")
"""So begins each text of a new paper or suite that its author has to write."""

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


def require_report(source: Path) -> Results:
    """Return a report's results.

    Raises UsageError for a folder without a sound report, or whose suite or paper has texts that `new` left open.
    """
    results, _ = read_report(source)
    found = [*_texts(results.model_dump(), ""), *_texts(_references(results.paper), "references")]
    left = [path for path, text in found if _TO_WRITE.match(text)]
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        raise UsageError(
            f"{source / 'results.json'}: still to be written, beginning with TODO: {', '.join(left[:3])}{more}; "
            f"write them in the files of suite {results.suite}, run it again (nothing is trained anew) and publish that"
        )
    return results


def require_published(published: Path, coming: Collection[Results]) -> None:
    """Raise UsageError for a damaged report below the folder, unless one of those that are coming takes its place."""
    replaced = {(results.suite, results.scale) for results in coming}
    for path in sorted(published.glob("*/*/results.json")):
        if (path.parent.parent.name, path.parent.name) not in replaced:
            read_report(path.parent)


def _references(paper: str) -> object:
    """Return the claims, tables and figures of a paper that is known here, as plain data."""
    known = known_references([paper]) if paper in paper_homes() else {}
    return {name: one.model_dump() for name, one in known.items()}


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield each text in plain data with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _texts(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from _texts(one, f"{path}[{place}]")


def published_results(published: Path) -> dict[tuple[str, str], Results]:
    """The results of every report below the folder, by suite and scale; their pages lead to the index to come."""
    found: dict[tuple[str, str], Results] = {}
    for path in sorted(published.glob("*/*/results.json")):
        found[path.parent.parent.name, path.parent.name] = rebuild(path.parent, indexed=True)
    return found


def write_ledger(document: Ledger, published: Path) -> None:
    """Write `index.html`, `index.json` and the list of verdicts that changed; each appears whole or not at all."""
    text = json.dumps(document.model_dump(), sort_keys=True, indent=1, allow_nan=False) + "\n"
    write_atomically(published / "index.json", text.encode())
    write_atomically(published / CHANGED, as_markdown(document).encode())
    write_atomically(published / "index.html", render_ledger(document).encode(errors="xmlcharrefreplace"))


def render_ledger(document: Ledger) -> str:
    """The page as HTML, a pure function of the ledger."""
    script, style = shorter_script((TEMPLATES / "ledger.js").read_text("utf-8")), _style(document)
    page = (
        environment()
        .get_template("ledger.html")
        .render(
            ledger=document,
            rows_of=rows_of,
            in_numbers=in_numbers,
            at_levels=at_levels,
            outcomes_said={"Claims": CLAIM_OUTCOMES, "Printed numbers": CELL_OUTCOMES, "Figures": FIGURE_OUTCOMES},
            short=short,
            levels=LEVELS,
            flags_said=FLAGS | MORE_FLAGS,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            style_hash=csp_hash(style),
            script_hash=csp_hash(script),
        )
    )
    return tight(_without_idle_words(page))


def _without_idle_words(page: str) -> str:
    """The page without the outcomes and flags of its legend that none of its verdicts has."""
    verdicts, begin, words = page.partition('<section id="legend"')
    return verdicts + begin + _MEANING.sub(lambda found: found[0] if _stands(found[1], verdicts) else "", words)


def _said(mark_id: str, ledger: str) -> bool:
    outcome = mark_id.removeprefix("mark-").replace("-", " ").upper()
    return outcome == "UNKNOWN" or f'"{outcome}"' in ledger


def _stands(word: str, verdicts: str) -> bool:
    return re.search(rf">(?:\d+[ \N{{NO-BREAK SPACE}}])?{word}</(?:b|em)>", verdicts) is not None


def _style(document: Ledger) -> str:
    """The index's own rules and the marks it has, after the colours and fonts at the head of every page's."""
    head = (TEMPLATES / "style.css").read_text("utf-8").partition("\n\n")[0]
    own, sprite = ((TEMPLATES / name).read_text("utf-8") for name in ("ledger.css", "marks.html"))
    said = document.model_dump_json()
    sprite = SYMBOL.sub(lambda found: found[0] if _said(found[1], said) else "", sprite)
    return with_marks(_SPACE.sub(r"\1", f"{head}\n{own}"), sprite)
