"""The report page: one self-contained HTML file, a pure function of a suite's results and learning curves."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.progress import duration
from harness.report.bounded import INTERVALS, as_shown, note_on
from harness.report.kept_suite import smallest_effect, thresholds_of
from harness.report.page import energy, numbers, quantities, verdicts
from harness.report.page.charts import forest
from harness.report.page.citation import bibtex, commit_of
from harness.report.page.claim_cards import claim_cards, common
from harness.report.page.curves import by_seed, learning_curves
from harness.report.page.energy import measured_gpu
from harness.report.page.figure_charts import figure_charts, steps_of_epoch
from harness.report.page.layer_grid import by_layer
from harness.report.page.legend import legend
from harness.report.page.light_svg import light_svg
from harness.report.page.machines import places
from harness.report.page.navigation import Neighbours, neighbours_of
from harness.report.page.opening import opening_of
from harness.report.page.read import read_report
from harness.report.page.report_files import Documents, as_json, documents_of
from harness.report.page.specs import images_seen, own_spec, parts, shared_spec
from harness.report.page.tight import shorter_script, tight
from harness.report.results.curves import Curves
from harness.report.results.document import FigureRecord, Results
from harness.report.results.verdict_records import CellRecord
from harness.store.store import KEY_LETTERS, make_writable, write_atomically

TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = {
    "table": "The paper\N{RIGHT SINGLE QUOTATION MARK}s table",
    "numbers": "Numbers of the text and figures",
    "ledger": "Ledger of cells",
    "forest": "Forest plot",
    "claims": "Claims",
    "withdrawn": "Declared and judged no more",
    "net_pairs": "Two nets at a time",
    "figures": "Figures",
    "measurements": "Measurements",
    "classifications": "Features and classifiers, seed by seed",
    "curves": "Learning curves",
    "deviations": "Deviations",
    "data": "Data",
    "experiments": "Experiments, seed by seed",
    "environment": "Environment and cost",
    "rerun": "Running it again",
    "legend": "Reading the verdicts",
}
"""Sections in their order, by the name of the template that writes each."""

_IF_ANY = (
    "table", "claims", "withdrawn", "net_pairs", "figures", "deviations", "data", "measurements", "classifications",
    "experiments",
)  # fmt: skip
"""Sections that are there when the results hold something under their name."""
APPENDIX = (
    "net_pairs", "measurements", "classifications", "curves", "deviations", "data", "experiments", "environment",
)  # fmt: skip
"""Sections that are closed until a reader opens them, or follows a link into them."""
_WITH_VERDICTS = ("table", "numbers", "claims", "ledger")
_AS_THEY_ARE = "'() =:/;,+*!?@-._~"
"""Characters of a picture that stand for themselves in an address within HTML, beside letters and digits."""
_DOTTED = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
SYMBOL = re.compile(r'<symbol id="([a-z-]+)".*?</symbol>\n')
"""A mark of `marks.html`."""
_PICTURE = re.compile(r"data:image/(?:svg\+xml|png)(?:;charset=utf-8|;utf8)?(?:;base64)?,", re.IGNORECASE)


def render(results: Results, curves: Curves, ways: Neighbours | None = None) -> str:
    """The whole page as HTML; the same results and curves give the same text, whatever the clock, store or machine.

    `ways` are links to other reports, of a page that lies under an index. Fields that this version does not know are
    ignored, and nothing in either document can become markup, script or a link.
    """
    return _page(as_json(results.plain()), as_json(curves), ways)


def _page(results: str, curves: str, ways: Neighbours | None) -> str:
    """The page of the text of both files, so that nothing on it depends on what a file cannot hold."""
    kept = Results.model_validate(json.loads(results))
    suite = _as_shown(kept)
    drawn: Curves = json.loads(curves)
    steps, thresholds = steps_of_epoch(suite), thresholds_of(suite)
    in_order = {name: drawn[name] for name in dict.fromkeys([*suite.experiments, *drawn]) if name in drawn}
    panels = learning_curves(in_order, thresholds, steps)
    plots, opening = forest(suite), opening_of(suite)
    free = [cell for cell in suite.cells if not cell.column]
    present = {name: bool(getattr(suite, name)) for name in _IF_ANY}
    present |= {"numbers": bool(free), "ledger": bool(suite.cells)}
    judged = any(cell.outcome in verdicts.JUDGED for cell in suite.cells)
    present |= {"forest": bool(plots) and judged, "curves": bool(panels)}
    sections = {name: title for name, title in SECTIONS.items() if present.get(name, True)}
    cards = list(claim_cards(suite))
    style = _shorter("".join((TEMPLATES / name).read_text("utf-8") for name in ("style.css", "suite.css")))
    script = shorter_script((TEMPLATES / "script.js").read_text("utf-8"))
    page = (
        environment()
        .get_template("page.html")
        .render(
            suite=suite,
            opening=opening,
            ways=ways,
            sections=sections,
            appendix=APPENDIX,
            first=next((name for name in _WITH_VERDICTS if name in sections), "main"),
            places={(cell.row, cell.column): cell for cell in suite.cells},
            free=free,
            cut=note_on(kept.cells),
            cells=[cell.id for cell in suite.cells],
            cards=cards,
            common=common(cards),
            smallest=smallest_effect(suite),
            panels=panels,
            charted={arm for panel in panels for arm in panel.arms},
            thresholds=thresholds,
            charts=figure_charts(suite, drawn, steps),
            plots=plots,
            shared=shared_spec(suite.experiments),
            legend=legend(suite),
            letters=KEY_LETTERS,
            checkout=commit_of(suite),
            bibtex=bibtex(suite, opening.title),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            style_hash=csp_hash(style),
            script_hash=csp_hash(script),
        )
    )
    return tight(_without_idle_marks(page))


def _shorter(style: str) -> str:
    """A style sheet without comments, and without the room around its rules."""
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"/\*.*?\*/|\n\s*", "", style))


def _without_idle_marks(page: str) -> str:
    """The page without the marks of outcomes that it does not hold."""
    return SYMBOL.sub(lambda found: found[0] if f'href="#{found[1]}"' in page else "", page)


def write_report(results: Results, curves: Curves, folder: Path) -> Results:
    """Write `results.json`, `curves.json` and `index.html` into `folder`; each file appears whole or not at all.

    Gives the results as they were written, with the digests that `read.read_report` holds them against.
    """
    documents = documents_of(results, curves)
    write_documents(documents, folder)
    return Results.model_validate(documents.results)


def write_documents(documents: Documents, folder: Path) -> bytes:
    """Write a report of documents that are sealed already, like `write_report`; return the page."""
    drawn = _page(documents.files["results.json"], documents.files["curves.json"], neighbours_of(folder))
    page = drawn.encode(errors="xmlcharrefreplace")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents.files.items():
        write_atomically(folder / name, text.encode())
    write_atomically(folder / "index.html", page)
    return page


def rebuild(folder: Path, *, indexed: bool = False) -> Results:
    """Write `index.html` anew, byte for byte, from the two JSON files beside it; gives the results.

    `indexed` says that an index of this report and its neighbours will be written next, so that the page leads there.

    Raises:
        UsageError: a file is missing, is not JSON, is not a document of this format, or was changed after it was
            written; or the folder is read-only.
    """
    make_writable(folder, "the report", "copy it to where you may write")
    results, curves = read_report(folder)
    page = render(results, curves, neighbours_of(folder, indexed=indexed))
    write_atomically(folder / "index.html", page.encode(errors="xmlcharrefreplace"))
    return results


def _as_shown(results: Results) -> Results:
    """The document with its experiments in the order in which cells name them, and nothing that cannot be shown."""
    named = [cell.origin for cell in results.cells if cell.origin in results.experiments]
    order = dict.fromkeys([*named, *results.experiments])
    return results.model_copy(
        update={
            "cells": [cell.model_copy(update=_open_intervals(cell)) for cell in map(as_shown, results.cells)],
            "costs": [cost.model_copy(update={"gpu": measured_gpu(cost.gpu)}) for cost in results.costs],
            "experiments": {name: results.experiments[name] for name in order},
        }
    )


def _open_intervals(cell: CellRecord) -> dict[str, None]:
    """The intervals of which nothing is shown, for an end of them is open."""
    return {name: None for name in INTERVALS if None in (getattr(cell, name) or ())}


@functools.cache
def environment() -> Environment:
    """The renderer of every page: the templates, their filters, and text that is always escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        name: getattr(numbers, name)
        for name in (
            "digits_after",
            "number",
            "signed",
            "interval",
            "probability",
            "leaf",
            "measured",
            "flattened",
        )
    }
    made.filters["duration"] = duration
    made.filters |= {
        name: getattr(verdicts, name) for name in ("mark", "rank", "counted", "level", "counted_at_levels")
    }
    made.filters |= {name: getattr(energy, name) for name in ("energy", "watts", "gibibytes", "power_drawn")}
    made.filters |= {"of_measurement": quantities.of_measurement, "of_inspections": quantities.of_inspections}
    made.filters["by_layer"] = by_layer
    made.filters |= {"by_seed": by_seed, "anchor": anchor, "quantity": quantity, "picture": picture, "places": places}
    made.filters |= {"own_spec": own_spec, "images_seen": images_seen, "parts": parts}
    made.globals |= {"outcomes": verdicts}
    return made


def anchor(name: object, kind: str) -> str:
    """The id of the element that shows `name`; no two names share one, whatever is in them.

    >>> anchor("norm_top1.direction", "claim")
    'claim-norm_top1-direction'
    """
    text = str(name)
    safe = re.sub(r"[^A-Za-z0-9_]", "-", text)
    return f"{kind}-{safe}" if _DOTTED.fullmatch(text) else f"{kind}-{safe}-{_digest(text)[:8]}"


def quantity(name: str, value: Any) -> tuple[str, str]:
    """A record's entry as (what, how much), the unit read from the end of its name: `_s` seconds, `_j` joules."""
    what, _, unit = name.rpartition("_")
    if value is None:
        return (what.replace("_", " ") if unit in ("s", "j") else name.replace("_", " ")), "not measured"
    if unit == "s" and isinstance(value, int | float):
        return what.replace("_", " "), duration(value)
    if unit == "j" and isinstance(value, int | float):
        kwh = value / 3.6e6
        return what.replace("_", " "), f"{kwh:.3g} kWh" if kwh >= 0.01 else f"{value:.3g} J"
    return name.replace("_", " "), numbers.measured(value)


def picture(figure: FigureRecord) -> str | None:
    """The picture of a figure as a data URI; None where it has none, so that no other address is ever loaded."""
    uri = figure.svg_data_uri
    return _plain_svg(uri) if uri is not None and _PICTURE.match(uri) else None


def _plain_svg(uri: str) -> str:
    """A picture in base64 as text, which takes a quarter less room; any other as it is."""
    head, _, body = uri.partition(";base64,")
    if head != "data:image/svg+xml" or not body:
        return uri
    try:
        svg = base64.b64decode(body, validate=True).decode("utf-8")
    except ValueError:
        return uri
    return f"{head},{quote(light_svg(svg), safe=_AS_THEY_ARE)}" if svg.startswith("<svg") else uri


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def csp_hash(text: str) -> str:
    """A style or script as a content security policy names it, which then allows it alone."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
