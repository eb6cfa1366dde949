"""One number of two runs: whether they may be subtracted, and by what test they differ."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from harness.jobs.measures import MEASURES
from harness.judge.statistics import Interval, compare_paired
from harness.vocabulary import METRICS

ALPHA = 0.05
ROUNDING = 1e-6
"""Of a value: what the order of additions may change, on other threads or another device, and no result speaks of."""
UNMOVED = ("identical", "rounding")
"""Changes that are none."""
_INCOMPLETE = ("NOT RUN", "FAILED")

Record = Mapping[str, Any]
Document = dict[str, Any]


def numbers_of(results: Record) -> dict[str, Document]:
    """Every number that a run measured, by `experiment.evaluation.metric`, in the form of a cell.

    `values` are by seed; `images` are the digests of the sample ids that it was measured on; `how` as in a cell.
    """
    found: dict[str, Document] = {}
    for name, experiment in (results.get("experiments") or {}).items():
        for job in experiment.get("jobs") or ():
            for part, record in _parts(job):
                for metric, value in (record.get("values") or {}).items():
                    number = found.setdefault(f"{name}.{part}.{metric}", _blank(metric, "trained"))
                    _add(number, job, value, record.get("ids_sha256"))
    for name, measurement in (results.get("measurements") or {}).items():
        how = _how((measurement.get("spec") or {}).get("what"))
        for job in measurement.get("jobs") or ():
            for quantity, value in (job.get("values") or {}).items():
                _add(found.setdefault(f"{name}.{quantity}", _blank(quantity, how)), job, value, None)
    return {place: _summed(number) for place, number in found.items()}


def _parts(job: Record) -> Iterable[tuple[str, Record]]:
    return [*(job.get("evaluations") or {}).items(), *(job.get("inspections") or {}).items()]


def _blank(metric: str, how: str) -> Document:
    return {"metric": metric, "how": how, "values": {}, "images": set(), "diverged": [], "outcome": None, "reason": ""}


def _how(what: object) -> str:
    kind = MEASURES.get(what) if isinstance(what, str) else None
    return "trained" if kind is None else "timed" if kind.timed else "drawn" if kind.random else "exact"


def _add(number: Document, job: Record, value: object, images: object) -> None:
    number["values"][str(job.get("seed"))] = value
    number["images"] |= {images} if images else set()
    number["diverged"] += [job.get("seed")] if job.get("diverged_at") is not None else []


def _summed(number: Document) -> Document:
    values = [value for value in number["values"].values() if isinstance(value, int | float)]
    return number | {"n": len(values), "mean": sum(values) / len(values) if values else None}


def compare_numbers(a: Record | None, b: Record | None, scales: tuple[str, str]) -> Document:
    """B less A, with what it may be said by.

    `change` is `identical` (in each seed, to the last bit), `rounding` (in each seed but for that), `higher` or `lower`
    (exactly, or by a test at 0.05), `undecided`, `not compared`, `only in A` or `only in B`. `difference` is the mean
    of B - A in the number's unit, `interval_of_difference` its 95% t interval over so many `pairs`, `p` unadjusted;
    `better` says whether a change makes it `better` or `worse`, where the metric has a better side; `said` is by what,
    or why not.
    """
    obstacle = _obstacle(a, b, scales)
    if obstacle is not None:
        return _found(*obstacle)
    assert a is not None
    assert b is not None
    if a["values"] == b["values"]:
        exact = a.get("how") == "exact"
        return _found("identical", "exact in both" if exact else f"{_seeds(a)}, to the last bit", difference=0.0)
    if all(_close(float(value), float(b["values"][seed])) for seed, value in a["values"].items()):
        said = f"{_seeds(a)}, each within {ROUNDING:g} of its value: rounding, not a difference"
        return _found("rounding", said, difference=_mean(b) - _mean(a))
    if a.get("how") == "exact":
        return _exactly(a, b)
    return _tested(a, b)


def _obstacle(a: Record | None, b: Record | None, scales: tuple[str, str]) -> tuple[str, str] | None:
    """What forbids a subtraction, as (change, why)."""
    if a is None or b is None:
        return ("only in B", "A has none") if a is None else ("only in A", "B has none")
    measured = [bool(one.get("values")) for one in (a, b)]
    if measured == [False, False]:
        return "not compared", "nothing was measured in either"
    if not all(measured):
        without, side = (b, "B") if measured[0] else (a, "A")
        return "only in A" if measured[0] else "only in B", f"{side}: {without.get('reason') or 'nothing was measured'}"
    why = _not_whole(a, "A") or _not_whole(b, "B") or _unlike(a, b, scales)
    return None if why is None else ("not compared", why)


def _not_whole(one: Record, side: str) -> str | None:
    """Why not every declared seed of a run has its number."""
    if one.get("outcome") in _INCOMPLETE:
        return f"{side} is not whole: {one.get('reason') or one['outcome']}"
    without = sorted(seed for seed, value in one["values"].items() if not isinstance(value, int | float))
    return f"{side} has no finite value of seed {', '.join(without)}" if without else None


def _unlike(a: Record, b: Record, scales: tuple[str, str]) -> str | None:
    """What makes two whole numbers those of different worlds, or not paired by seed."""
    hows = a.get("how"), b.get("how")
    if hows[0] != hows[1]:
        return f"it is {hows[0]} in A and {hows[1]} in B"
    if hows[0] != "exact" and scales[0] != scales[1]:
        return f"A is at {scales[0]} scale, B at {scales[1]} scale"
    if hows[0] == "timed":
        return "timings are not paired by seed"
    if set(a["values"]) != set(b["values"]):
        return f"not the same seeds: A has {_seeds(a)}, B {_seeds(b)}"
    images = [set(one.get("images") or ()) for one in (a, b)]
    if images[0] != images[1]:
        return "tested on different images"
    return None


def _seeds(one: Record) -> str:
    """`3 seeds (0, 1, 2)`."""
    seeds = sorted(one["values"], key=_seed_order)
    shown = ", ".join(seeds) if len(seeds) <= 8 else f"{seeds[0]} to {seeds[-1]}"
    return f"{len(seeds)} seed{'s' if len(seeds) > 1 else ''} ({shown})"


def _seed_order(seed: str) -> tuple[int, str]:
    return (int(seed), "") if seed.isdecimal() else (-1, seed)


def _close(x: float, y: float) -> bool:
    """Whether two values differ by rounding at most; of counts none is rounded."""
    return math.isclose(x, y, rel_tol=ROUNDING, abs_tol=0.0) and not (x.is_integer() and y.is_integer())


def _mean(one: Record) -> float:
    values = [float(value) for value in one["values"].values()]
    return sum(values) / len(values)


def _exactly(a: Record, b: Record) -> Document:
    seed = min(a["values"])
    difference = float(b["values"][seed]) - float(a["values"][seed])
    change = "higher" if difference > 0 else "lower"
    return _found(change, "exact: nothing is sampled", difference=difference, better=_better(a, change))


def _tested(a: Record, b: Record) -> Document:
    """Paired by seed; a run that diverged is worse than any other, and leaves no mean."""
    seeds = sorted(a["values"], key=_seed_order)
    arms = [
        [None if int(seed) in (one.get("diverged") or ()) else float(one["values"][seed]) for seed in seeds]
        for one in (b, a)
    ]
    metric = METRICS.get(a.get("metric") or "")
    result = compare_paired(*arms, alpha=ALPHA, better=metric.direction if metric else "lower")
    change = {"greater": "higher", "less": "lower", "undecided": "undecided"}[result.direction]
    return _found(
        change,
        result.reason,
        difference=result.difference,
        interval=_ends(result.interval),
        n=result.n,
        p=result.decided_by.p_value if result.decided_by else None,
        better=_better(a, change),
    )


def moved(numbers: Iterable[Record]) -> list[Record]:
    """Those that are not the same in both runs."""
    return [number for number in numbers if number["change"] not in UNMOVED]


def left_out(numbers: Iterable[Record]) -> str:
    """How many are the same in both runs, in a sentence; empty where none is."""
    counts = Counter(number["change"] for number in numbers)
    same, but = (counts[change] for change in UNMOVED)
    if not same + but:
        return ""
    rounding = f", {but:,} of them but for rounding" if but else ""
    return f"Of the numbers that no cell shows {same + but:,} are the same in both runs{rounding}, and left out here."


def changed(one: Record) -> str:
    """A change in words, with the better side where the metric has one."""
    return f"{one['change']} ({one['better']})" if one.get("better") else str(one["change"])


def _better(one: Record, change: str) -> str | None:
    metric = METRICS.get(one.get("metric") or "")
    if metric is None or change not in ("higher", "lower"):
        return None
    return "better" if change == metric.direction else "worse"


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def _found(change: str, said: str, **known: Any) -> Document:
    blank = {"difference": None, "interval_of_difference": None, "pairs": None, "p": None, "p_holm": None}
    renamed = {
        {"interval": "interval_of_difference", "n": "pairs"}.get(key, key): value for key, value in known.items()
    }
    return {"change": change, "said": said, "better": None, **blank, **renamed}
