"""Comparison of a suite's snapshot with its baseline, one finding for each item; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.regression import tolerances
from harness.regression.accuracies import compare_accuracy
from harness.regression.compare_probes import Places, compare_probe
from harness.regression.finding import Finding, Severity
from harness.vocabulary import ScaleName

Document = Mapping[str, Any]

SHOWN_CHANGES = 4
"""The number of changed fields that one finding names."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One suite's snapshot, its baseline, and the strictness of their comparison."""

    suite: str
    scale: ScaleName
    before: Document
    now: Document
    strict: bool = False
    """Makes changed timings and outcomes of statistical claims regressions too."""
    wanted: Callable[[str, str], bool] = lambda _kind, _name: True
    """Whether an item, by its kind and name, is part of the check."""

    @property
    def soft(self) -> Severity:
        """Severity of a change that is a regression only under `strict`."""
        return "regression" if self.strict else "advisory"

    def finding(
        self, subject: str, severity: Severity, said: str, before: object = "", now: object = "", ref: str = ""
    ) -> Finding:
        """Return a finding about this suite."""
        old, new = ("" if value is None else str(value) for value in (before, now))
        return Finding(self.suite, subject, severity, said, old, new, ref)


def compare(comparison: Comparison) -> Iterator[Finding]:
    """Compare two snapshots and yield one finding for each item in either."""
    yield from _suite(comparison)
    kinds = (
        ("experiment", "experiments", _experiment),
        ("probe", "probes", _probe),
        ("measurement", "measurements", _measurement),
        ("cell", "cells", _cell),
        ("claim", "claims", _claim),
    )
    for kind, group, one in kinds:
        yield from _each(comparison, kind, group, one)
    yield from _accuracies(comparison)


def _each(
    comparison: Comparison, kind: str, group: str, one: Callable[[Comparison, str, Any, Any], Iterator[Finding]]
) -> Iterator[Finding]:
    before, now = comparison.before[group], comparison.now[group]
    for name in [*before, *(name for name in now if name not in before)]:
        ref = (now.get(name) or before.get(name)).get("ref", "")
        if not comparison.wanted(kind, name):
            continue
        if name not in now and _still_there(comparison.now, kind, name):
            yield comparison.finding(f"{kind} {name}", "not judged", "it has no result in this check", "", "", ref)
        elif name not in now:
            said = f"this {kind} is in the baseline and no longer in the suite"
            yield comparison.finding(f"{kind} {name}", "regression", said, "there", "gone", ref)
        elif name not in before:
            said = f"this {kind} is new: the baseline does not hold it yet"
            yield comparison.finding(f"{kind} {name}", "advisory", said, "", "new", ref)
        else:
            yield from one(comparison, name, before[name], now[name])


def _still_there(now: Document, kind: str, name: str) -> bool:
    """Check whether a probe or measurement lacks a result although the suite still has its experiment."""
    experiment, _, test = name.partition(".")
    of = now["experiments"].get(experiment) if kind in ("probe", "measurement") else None
    return of is not None and (not test or test in of["spec"].get("tests", {}))


def _suite(comparison: Comparison) -> Iterator[Finding]:
    """Compare the suite as a whole: its file, its seeds, and the machine of the baseline."""
    before, now = comparison.before, comparison.now
    if before["seeds"] != now["seeds"]:
        said = "the suite declares another number of seeds"
        yield comparison.finding("suite", "regression", said, before["seeds"], now["seeds"])
    if elsewhere := list(changes(place(before["made_with"]), place(now["made_with"]))):
        said = f"the baseline was made on another machine or with other versions: {_listed(elsewhere)}"
        yield comparison.finding("suite", "advisory", said)
    if before["suite_sha256"] != now["suite_sha256"]:
        said = "the suite's file has changed since the baseline was made"
        yield comparison.finding(
            "suite", "advisory", said, f"sha256 {before['suite_sha256'][:12]}", f"sha256 {now['suite_sha256'][:12]}"
        )


def place(made_with: Document) -> dict[str, Any]:
    """Return the entries of `made_with` that may decide how arithmetic rounds."""
    return {name: value for name, value in made_with.items() if name not in ("commit", "harness")}


def _places(comparison: Comparison) -> Places:
    before, now = (place(found["made_with"]) for found in (comparison.before, comparison.now))
    return Places(before == now, before["device"].get("device") == now["device"].get("device"))


def trainings(now: Document) -> list[str]:
    """Return the trainings that have a probe in a snapshot."""
    return [name for name, probe in now["probes"].items() if probe["asked"]["what"] == "training"]


def none_of(_now: Document) -> list[str]:
    """Return no training; the default of `observe`."""
    return []


def departing(suite: str, before: Document, now: Document) -> list[str]:
    """Return the trainings whose probes depart from a baseline that was made on another machine.

    On the baseline's own machine a departure is not due to rounding, so disturbed runs could not explain it.
    """
    places = _places(Comparison(suite, "ci", before, now))
    known = [] if places.same else [name for name in trainings(now) if name in before["probes"]]
    return [
        name
        for name in known
        if compare_probe(suite, name, before["probes"][name], now["probes"][name], places).severity == "regression"
    ]


def _experiment(comparison: Comparison, name: str, before: Document, now: Document) -> Iterator[Finding]:
    changed = list(changes(before["spec"], now["spec"]))
    subject = f"experiment {name}"
    if before["kind"] != now["kind"]:
        yield comparison.finding(subject, "regression", "another kind of experiment", before["kind"], now["kind"])
    elif changed:
        said = f"the experiment's declaration has changed: {_listed(changed)}"
        old, new = (_part(found["spec"], changed[0].path) for found in (before, now))
        yield comparison.finding(subject, "regression", said, old, new)
    else:
        yield comparison.finding(subject, "ok", "the same net, data, recipe and tests, or the same measurement")


def _probe(comparison: Comparison, name: str, before: Document, now: Document) -> Iterator[Finding]:
    yield compare_probe(comparison.suite, name, before, now, _places(comparison))


def _measurement(comparison: Comparison, name: str, before: Document, now: Document) -> Iterator[Finding]:
    """Compare all numbers of a measurement; the finding shows the one that departs most."""
    subject, how = f"measurement {name}", now["how"]
    old, new = _flat(before["values"]), _flat(now["values"])
    if old.keys() != new.keys():
        odd = sorted(old.keys() ^ new.keys())
        said = f"it yields other numbers than in the baseline: {', '.join(odd[:SHOWN_CHANGES])}"
        yield comparison.finding(subject, "regression", said, f"{len(old)} numbers", f"{len(new)} numbers")
        return
    names = list(old)
    allowed = [_allowed(how, old[one], same=_places(comparison).same) for one in names]
    found = tolerances.departures([old[one] for one in names], [new[one] for one in names], allowed)
    worst = tolerances.furthest(found)
    if worst is None or worst.times <= 1:
        said = {"exact": "the same numbers", "drawn": "the same numbers within rounding"}.get(how, "about as fast")
        yield comparison.finding(subject, "ok", said)
        return
    severity: Severity = comparison.soft if how == "timed" else "regression"
    said = {"exact": "differs", "drawn": "differs by more than rounding"}.get(how, "has another speed")
    yield comparison.finding(
        subject, severity, f"{names[worst.place]} {said}", f"{worst.before:.10g}", f"{worst.now:.10g}"
    )


def _allowed(how: str, value: float, *, same: bool) -> float:
    if how == "timed":
        return tolerances.TIMED * abs(value)
    if how == "exact":
        return tolerances.COMPUTED * abs(value)
    return 0.0 if same else max(tolerances.DRAWN * abs(value), tolerances.DRAWN_FLOOR)


def _flat(values: Document) -> dict[str, float]:
    return {f"{quantity}, seed {seed}": value for seed, found in values.items() for quantity, value in found.items()}


def _cell(comparison: Comparison, name: str, before: Document, now: Document) -> Iterator[Finding]:
    """Compare the declaration of a printed number, and its verdict where nothing is sampled."""
    subject, ref = f"cell {name}", now["ref"]
    if changed := list(changes(before["declared"], now["declared"])):
        yield comparison.finding(
            subject, "regression", f"declared otherwise: {_listed(changed)}", *_sides(changed[0]), ref
        )
    elif now["declared"]["value"] is None:
        yield comparison.finding(subject, "ok", "declared as in the baseline; quoted, not measured", ref=ref)
    elif before["outcome"] is None or now["outcome"] is None or now["how"] == "trained":
        said = "declared as in the baseline; its experiment's probes and accuracies are compared, not its verdict"
        yield comparison.finding(subject, "not judged", said, before["outcome"] or "", now["outcome"] or "", ref)
    else:
        yield _judged(comparison, subject, before, now, ref, exact=now["how"] == "exact")


def _claim(comparison: Comparison, name: str, before: Document, now: Document) -> Iterator[Finding]:
    """Compare the declaration and the verdict of a claim."""
    subject, ref = f"claim {name}", now["ref"]
    if changed := list(changes(before["declared"], now["declared"])):
        yield comparison.finding(
            subject, "regression", f"declared otherwise: {_listed(changed)}", *_sides(changed[0]), ref
        )
    elif before["outcome"] is None or now["outcome"] is None:
        said = "declared as in the baseline; none of its operands is measured in this check"
        yield comparison.finding(subject, "not judged", said, before["outcome"] or "", now["outcome"] or "", ref)
    else:
        yield _judged(comparison, subject, before, now, ref, exact=now["evidence"] == "exact")


def _judged(comparison: Comparison, subject: str, before: Document, now: Document, ref: str, *, exact: bool) -> Finding:
    old, new = before["outcome"], now["outcome"]
    if old == new:
        return comparison.finding(subject, "ok", "judged as in the baseline", old, new, ref)
    said = (
        "another verdict than in the baseline, although nothing is sampled"
        if exact
        else "another verdict than in the baseline"
    )
    return comparison.finding(subject, "regression" if exact else comparison.soft, said, old, new, ref)


def _accuracies(comparison: Comparison) -> Iterator[Finding]:
    """Compare each metric of each test with results.

    At ci scale they never gate, because its test split is too small.
    """
    for name, now in comparison.now["experiments"].items():
        before = comparison.before["experiments"].get(name)
        if before is None or not comparison.wanted("experiment", name):
            continue
        for metric in sorted(before["accuracies"].keys() | now["accuracies"].keys()):
            old, new = before["accuracies"].get(metric), now["accuracies"].get(metric)
            subject = f"accuracy {name}.{metric}"
            if old is None:
                yield comparison.finding(subject, "not judged", "the baseline holds no result of it")
            elif new is None:
                said = "the store holds no current result of it; run the suite at this scale, or check with --train"
                yield comparison.finding(subject, "not judged", said)
            else:
                gates = comparison.scale != "ci"
                yield compare_accuracy(comparison.suite, f"{name}.{metric}", old, new, gates=gates)


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field."""

    path: tuple[str, ...]
    before: Any
    now: Any

    def __str__(self) -> str:
        return f"{'.'.join(self.path) or 'all'} {self.before!r} -> {self.now!r}"


def changes(before: Any, now: Any, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """Yield the innermost fields in which two documents differ.

    >>> [str(change) for change in changes({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}})]
    ['b.c 2 -> 3']
    """
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in [*before, *(key for key in now if key not in before)]:
            yield from changes(before.get(key), now.get(key), (*path, key))
    elif before != now:
        yield Change(path, before, now)


def _part(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document


def _sides(change: Change) -> tuple[object, object]:
    return change.before, change.now


def _listed(changed: list[Change]) -> str:
    more = f" and {len(changed) - SHOWN_CHANGES} more" if len(changed) > SHOWN_CHANGES else ""
    return "; ".join(map(str, changed[:SHOWN_CHANGES])) + more
