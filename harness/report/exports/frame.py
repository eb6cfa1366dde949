"""The results of a suite as a pandas frame, and that frame as CSV and as JSON."""

from __future__ import annotations

import json

import pandas as pd

from harness.report.arms import operand
from harness.report.bounded import bounded, cut_in_words
from harness.report.exports.beside import beside, diverged_seeds, level_of
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord

_SHARED = ("id", "ref", "n", "outcome", "reason", "seeds_to_settle", "extended", "stale")
_CELL = ("row", "column", "label", "printed", "paper", "unit", "margin", "metric", "mean", "std", "difference")
_CLAIM = ("says", "operator", "effect", "p", "p_holm")
_BOUNDS = ("interval", "tost_interval", "wilson", "prediction")
_ENDS = tuple(f"{name}_{end}" for name in _BOUNDS for end in ("low", "high"))
_BESIDE = ("level", "flags", "diverged", "diverged_seeds", "mean_of_sound", "bounded", "look", "looks", "operands")
_COUNTS = ("n", "look", "looks", "seeds_to_settle", "diverged")
_NUMBERS = ("paper", "margin", "mean", "std", "difference", "effect", "p", "p_holm", "mean_of_sound", *_ENDS)
COLUMNS = ("of_paper", "suite", "scale", "kind", *_SHARED, *_CELL, *_CLAIM, *_ENDS, *_BESIDE)
"""The columns, of which `docs/exports.md` describes each."""

Row = dict[str, object]


def frame(results: Results) -> pd.DataFrame:
    """One row a cell, then one row a claim, at full precision; `kind` tells them apart.

    An interval is two columns, `<name>_low` and `<name>_high`; of an error they are cut at 0 and 100, which `bounded`
    says. `mean` is over all seeds, of which `diverged` count as guessing; `mean_of_sound` leaves these out. `flags` are
    EXTENDED, POST HOC, STALE, RECORDED and IMPORTED, and what is said with them. Counts are nullable integers, missing
    numbers NaN.
    """
    origin = {"of_paper": results.paper, "suite": results.suite, "scale": results.scale}
    rows = [origin | _of_cell(results, cell) for cell in results.cells]
    rows += [origin | _of_claim(results, claim) for claim in results.claims]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype(dict.fromkeys(_COUNTS, "Int64") | dict.fromkeys(_NUMBERS, "float64"))


def _of_cell(results: Results, cell: CellRecord) -> Row:
    row: Row = {"kind": "cell", **cell.part(*_SHARED, *_CELL), **_told(results, cell)}
    for name in _BOUNDS:
        row[f"{name}_low"], row[f"{name}_high"] = bounded(cell, getattr(cell, name))
    arm = operand(results, cell.id)
    return row | {
        "mean_of_sound": None if arm is None or cell.value is None else arm.mean_of_sound,
        "bounded": cut_in_words(cell, cell.interval) or None,
    }


def _of_claim(results: Results, claim: ClaimRecord) -> Row:
    low, high = claim.interval or (None, None)
    row: Row = {"kind": "claim", **claim.part(*_SHARED, *_CLAIM), **_told(results, claim)}
    return row | {"interval_low": low, "interval_high": high, "operands": ", ".join(claim.operands)}


def _told(results: Results, verdict: CellRecord | ClaimRecord) -> Row:
    diverged = diverged_seeds(results, verdict)
    named = [f"{arm} {seed}" if verdict.id != arm else seed for arm, seeds in diverged.items() for seed in seeds]
    return {
        "level": level_of(results, verdict) or None,
        "flags": ", ".join(beside(results, verdict)) or None,
        "diverged": sum(map(len, diverged.values())),
        "diverged_seeds": ", ".join(named) or None,
        "look": verdict.look and verdict.look.number,
        "looks": verdict.look and verdict.look.of,
    }


def as_csv(results: Results) -> str:
    """The whole frame as CSV."""
    return frame(results).to_csv(index=False, lineterminator="\n")


def as_json(results: Results) -> str:
    """The whole frame as a JSON list of records, each number with all its digits.

    `pandas.read_json(FILE, dtype={"printed": str}, precise_float=True)` gives the frame again, but for the types of
    columns that hold nothing.
    """
    table = frame(results).astype(object)
    return json.dumps(table.where(table.notna(), None).to_dict("records"), indent=1, ensure_ascii=False) + "\n"
