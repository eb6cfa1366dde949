"""The report page: one self-contained HTML file, a pure function of a suite's results and learning curves."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError
from markupsafe import Markup

from harness.errors import UsageError
from harness.progress import duration
from harness.report.page import energy, numbers, quantities, verdicts
from harness.report.page.charts import forest
from harness.report.page.curves import by_seed, learning_curves
from harness.report.page.digests import sealed
from harness.report.page.energy import measured_gpu
from harness.report.page.machines import places
from harness.report.page.read import FORMAT, read_report
from harness.report.page.thresholds import threshold_chart, threshold_words
from harness.store.store import make_writable, write_atomically

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
    "curves": "Learning curves",
    "deviations": "Deviations",
    "data": "Data",
    "experiments": "Experiments, seed by seed",
    "environment": "Environment and cost",
    "rerun": "Running it again",
    "legend": "Reading the verdicts",
}
"""Sections in their order, by the name of the template that writes each."""

Record = dict[str, Any]


def _nulls(names: str) -> Record:
    return dict.fromkeys(names.split())


_SUITE = _nulls("rules judged_again source scale_note scale_choice headline citation table command looks")
_SUITE |= dict.fromkeys(("suite_yaml", "paper", "suite", "title"), "")
_SUITE |= {name: [] for name in ("claims", "withdrawn", "net_pairs", "deviations", "data", "figures", "costs")}
_SUITE |= {name: {} for name in ("experiments", "measurements", "digest", "environment", "cost")}
_CELL = _nulls("row column ref printed paper unit margin metric value values mean std interval tost_interval n")
_CELL |= _nulls(
    "logged difference wilson prediction reason seeds_to_settle stale direction extended how recorded imported"
)
_TOLD: Record = {"stale": None, "extended": None, "extended_reason": None, "marks": [], "look": None}
_IF_ANY = ("table", "claims", "withdrawn", "net_pairs", "figures", "deviations", "data", "measurements", "experiments")
"""Sections that are there when the results hold something under their name."""
_INTERVALS = ("interval", "tost_interval", "wilson", "prediction")
"""Of these a null or infinite end leaves nothing to show."""
_CELL |= _TOLD
_CLAIM = _nulls("ref source evidence reason operator operands n effect interval p p_holm companion") | _TOLD
_CLAIM |= _nulls(
    "recorded imported recorded_operands seeds_to_settle readings post_hoc differs_in thresholds before by_first_form"
)
_CLAIM |= _nulls("earlier")
_DEVIATION = _nulls("paper ours why expected affects scales settled")
_DATA = _nulls("version split official official_reason fingerprint count ids_sha256 prepared")
_JOB = _nulls("seed key weights_sha256 diverged_at values evaluations inspections imported")
_MEASURED: Record = {"seed": None, "key": None, "values": {}, "absent": {}, "reason": ""}
_INSPECTED: Record = {"key": None, "values": {}, "absent": {}, "reason": "", "quantities": []}
_WITHDRAWN: Record = {"id": "", "kind": "", "why": "", "form": {}, "came_to": [], "today": None}
_FIGURE = _nulls("id ref shows caption alt not_run")
_EVALUATION = _nulls("key values count ids_sha256")
_PICTURE = re.compile(r"data:image/(?:svg\+xml|png)(?:;charset=utf-8|;utf8)?(?:;base64)?,", re.IGNORECASE)


def render(results: Mapping[str, Any], curves: Mapping[str, Any]) -> str:
    """The whole page as HTML; the same results and curves give the same text, whatever the clock, store or machine.

    Keys it does not know are ignored, and nothing in either document can become markup, script or a link.

    Raises:
        KeyError: a key without which a cell, claim or job cannot be named is missing.
    """
    suite = _completed(json.loads(_as_json(results)))
    drawn = json.loads(_as_json(curves))
    panels = learning_curves(
        {name: drawn[name] for name in dict.fromkeys([*suite["experiments"], *drawn]) if name in drawn}
    )
    plots = forest(suite)
    present = {name: bool(suite[name]) for name in _IF_ANY}
    free = [cell for cell in suite["cells"] if not cell["column"]]
    present |= {"numbers": bool(free), "ledger": bool(suite["cells"])}
    present |= {"forest": bool(plots), "curves": any(panels.values())}
    style, script = ((TEMPLATES / name).read_text("utf-8") for name in ("style.css", "script.js"))
    return (
        environment()
        .get_template("page.html")
        .render(
            suite=suite,
            sections={name: title for name, title in SECTIONS.items() if present.get(name, True)},
            places={(cell["row"], cell["column"]): cell for cell in suite["cells"]},
            free=free,
            cells=[cell["id"] for cell in suite["cells"]],
            panels=panels,
            plots=plots,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            style_hash=csp_hash(style),
            script_hash=csp_hash(script),
        )
    )


def write_report(results: Mapping[str, Any], curves: Mapping[str, Any], folder: Path) -> Record:
    """Write `results.json`, `curves.json` and `index.html` into `folder`; each file appears whole or not at all.

    Gives the results as they were written, with the digests that `read.read_report` holds them against.
    """
    written = sealed(json.loads(_as_json(results)), json.loads(_as_json(curves)))
    page = render(written, curves)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "results.json", _as_json(written).encode())
    write_atomically(folder / "curves.json", _as_json(curves).encode())
    write_atomically(folder / "index.html", page.encode(errors="xmlcharrefreplace"))
    return written


def rebuild(folder: Path) -> dict[str, Any]:
    """Write `index.html` anew, byte for byte, from the two JSON files beside it; gives the results.

    Raises:
        UsageError: a file is missing, is not JSON, is not a document of this format, or was changed after it was
            written; or the folder is read-only.
    """
    make_writable(folder, "the report", "copy it to where you may write")
    results, curves = read_report(folder)
    try:
        page = render(results, curves)
    except (KeyError, TypeError, ValueError, AttributeError, UndefinedError) as error:
        raise UsageError(
            f"{folder}: results.json and curves.json do not hold a report of format {FORMAT} "
            f"({type(error).__name__}: {error}); run the suite again to write them anew"
        ) from error
    write_atomically(folder / "index.html", page.encode(errors="xmlcharrefreplace"))
    return results


def _as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(_without_nan(document), sort_keys=True, indent=1, allow_nan=False) + "\n"


def _without_nan(node: Any) -> Any:
    """JSON has no NaN or infinity: a value that was not finite is written as null."""
    if isinstance(node, Mapping):
        return {str(key): _without_nan(child) for key, child in node.items()}
    if isinstance(node, list | tuple):
        return [_without_nan(child) for child in node]
    return None if isinstance(node, float) and not math.isfinite(node) else node


def _completed(results: Record) -> Record:
    """The document with null for what it leaves out, and its experiments in the order in which cells name them."""
    suite = _SUITE | results
    suite["cells"] = [_cell(cell, suite) for cell in suite["cells"]]
    blanks = {"claims": _CLAIM, "withdrawn": _WITHDRAWN, "deviations": _DEVIATION, "data": _DATA, "figures": _FIGURE}
    for name, blank in blanks.items():
        suite[name] = [blank | record for record in suite[name] or ()]
    suite["costs"] = [_cost(record) for record in suite["costs"] or ()]
    suite["measurements"] = {name: _measurement(record) for name, record in (suite["measurements"] or {}).items()}
    named = [cell["experiment"] for cell in suite["cells"] if cell["experiment"]]
    order = dict.fromkeys([*named, *suite["experiments"]])
    suite["experiments"] = {name: _experiment(suite["experiments"][name]) for name in order}
    return suite


def _cell(cell: Record, suite: Record) -> Record:
    name = (cell.get("value") or "").split(".")[0]
    whole = {key: None for key in _INTERVALS if None in (cell.get(key) or ())}
    experiment = name if name in suite["experiments"] else None
    measurement = name if name in (suite["measurements"] or {}) else None
    return _CELL | cell | whole | {"experiment": experiment, "measurement": measurement}


def _cost(record: Record) -> Record:
    return {"jobs": 0, "shared": 0, "measured": 0, "seconds": 0.0} | record | {"gpu": measured_gpu(record.get("gpu"))}


def _experiment(record: Record) -> Record:
    jobs = [_JOB | job for job in record.get("jobs") or ()]
    for job in jobs:
        evaluations: Record = job["evaluations"] or {}
        job["evaluations"] = {name: _EVALUATION | evaluation for name, evaluation in evaluations.items()}
        inspections: Record = job["inspections"] or {}
        job["inspections"] = {name: _without_nulls(_INSPECTED, one) for name, one in inspections.items()}
    return {"says": None, "spec": {}} | record | {"jobs": jobs}


def _measurement(record: Record) -> Record:
    jobs = [_without_nulls(_MEASURED, job) for job in record.get("jobs") or ()]
    return {"says": None, "spec": {}} | record | {"jobs": jobs, "quantities": record.get("quantities") or []}


def _without_nulls(blank: Record, record: Record) -> Record:
    return blank | {name: value for name, value in record.items() if value is not None}


@functools.cache
def environment() -> Environment:
    """What renders every page: the templates, their filters, and text that is always escaped."""
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
    made.filters |= {name: getattr(energy, name) for name in ("total_s", "energy", "watts", "gibibytes", "power_drawn")}
    made.filters |= {"of_measurement": quantities.of_measurement, "of_inspections": quantities.of_inspections}
    made.filters |= {"by_seed": by_seed, "anchor": anchor, "quantity": quantity, "picture": picture, "places": places}
    made.filters |= {"threshold_chart": threshold_chart, "threshold_words": threshold_words}
    made.globals |= {"outcomes": verdicts}
    return made


def anchor(name: object, kind: str) -> str:
    """The id of the element that shows `name`; no two names share one, whatever is in them."""
    text = str(name)
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", text)
    return f"{kind}-{safe}" if safe == text else f"{kind}-{safe}-{_digest(text)[:8]}"


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


def picture(figure: Mapping[str, Any]) -> str | None:
    """The SVG or PNG of a figure as a data URI; None where it has none, so that no other address is ever loaded."""
    uris = (figure.get("svg_data_uri"), figure.get("png_data_uri"))
    return next((uri for uri in uris if isinstance(uri, str) and _PICTURE.match(uri)), None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def csp_hash(text: str) -> str:
    """A style or script as a content security policy names it, which then allows it alone."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
