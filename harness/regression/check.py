"""The commands `check` and `baseline update`: compare suites with a baseline, and make a baseline anew."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.errors import REGRESSION_EXIT, JobFailed, UsageError
from harness.progress import Progress, duration
from harness.regression.baseline import Baseline, read_baseline, read_or_begin
from harness.regression.compare_snapshots import Comparison, compare, departing, none_of, trainings
from harness.regression.finding import Checked, Finding
from harness.regression.observations import Observed, Rules, Stores, asked_of, observe, observe_ahead
from harness.regression.selection import Selection
from harness.stop_signal import StopSignal
from harness.store.store import Store, make_writable
from harness.suite.file import Suite
from harness.suite.load import load_suite
from harness.suite.shipped import suite_names


def check(
    paths: Sequence[Path], baseline_file: Path, rules: Rules, store: Store, *, globs: Sequence[str] = (), strict: bool
) -> Checked:
    """Compare the current results of these suites with a baseline.

    `globs` restrict the check to matching experiments and cells. Raises BaselineMissing where the baseline or a suite
    in it is missing, UsageError where `globs` match nothing, DataMissing, and Interrupted.
    """
    started = time.monotonic()
    suites, baseline = _loaded(paths), read_baseline(baseline_file, rules.scale)
    chosen = {suite.name: selection for suite in suites if (selection := Selection.of(suite, globs))}
    if not chosen and suites:
        raise UsageError(f"no experiment or cell of these suites matches {' or '.join(globs)}")
    baseline.require(suite.name for suite in suites if suite.name in chosen and rules.scale in suite.file.scales)
    findings, seconds = [] if globs else list(_lost(paths, suites, baseline, strict=strict)), {}
    suspects = {name: partial(departing, name, before) for name, before in baseline.suites.items()}
    for suite, observed, took_s in _observed([s for s in suites if s.name in chosen], chosen, rules, store, suspects):
        seconds[suite.name] = took_s
        findings += list(_findings(suite, observed, baseline, chosen[suite.name], strict=strict))
    return Checked(str(baseline_file), rules.scale, tuple(findings), seconds, round(time.monotonic() - started, 3))


def exit_code(checked: Checked) -> int:
    """Return the exit code of a check: that of a failed job, otherwise of a regression, otherwise 0."""
    severities = {finding.severity for finding in checked.findings}
    return JobFailed.exit_code if "error" in severities else REGRESSION_EXIT if "regression" in severities else 0


@dataclass(frozen=True, slots=True)
class Update:
    """A new baseline, not yet written, and its differences from the existing one."""

    baseline: Baseline
    differences: tuple[Finding, ...]


def updated(
    paths: Sequence[Path], baseline_file: Path, rules: Rules, store: Store, *, disturbing: bool = True
) -> Update:
    """Make the snapshots of these suites anew and keep all others; raises JobFailed where a job fails.

    Without `disturbing`, the baseline lacks the distances of disturbed runs, and no check can use it.
    """
    make_writable(baseline_file.parent, "the baseline's folder", "name another file with --baseline")
    suites, baseline = _loaded(paths), read_or_begin(baseline_file, rules.scale)
    chosen = {suite.name: Selection.of(suite) for suite in suites}
    snapshots, differences = dict[str, dict[str, Any] | None](), list[Finding]()
    every = {suite.name: trainings if disturbing else none_of for suite in suites}
    for suite, observed, _ in _observed(suites, chosen, rules, store, every):
        if observed is not None and observed.failed:
            label, why = next(iter(observed.failed.items()))
            raise JobFailed(f"{label} failed ({why}); nothing was written")
        snapshots[suite.name] = None if observed is None else observed.snapshot
        differences += _differences(suite, observed, baseline)
    return Update(baseline.merged(snapshots), tuple(differences))


def _loaded(paths: Iterable[Path]) -> list[Suite]:
    """Load each suite once; raises UsageError for two suites of one name."""
    suites: dict[str, Suite] = {}
    for path in dict.fromkeys(path.resolve() for path in paths):
        suite = load_suite(path)
        if suite.name in suites:
            raise UsageError(f"{path} and {suites[suite.name].path} are both called {suite.name}")
        suites[suite.name] = suite
    return list(suites.values())


def _observed(
    suites: Sequence[Suite],
    chosen: dict[str, Selection],
    rules: Rules,
    store: Store,
    disturb: Mapping[str, Callable[[dict[str, Any]], Collection[str]]],
) -> Iterable[tuple[Suite, Observed | None, float]]:
    """Yield each suite with its observed results (None where it lacks this scale) and their seconds of computing.

    `disturb` maps a suite's name to a function from its snapshot to the trainings whose probes are to be disturbed.
    """
    progress = Progress()
    with _fresh(rules, store) as folder, StopSignal().listening() as stop:
        stores = Stores(Store(Path(folder)), store)
        there = [suite for suite in suites if rules.scale in suite.file.scales]
        asked = {suite.name: asked_of(suite, chosen[suite.name], rules) for suite in there}
        failed = observe_ahead(asked.values(), rules, stores.fresh, stop)
        for number, suite in enumerate(suites, start=1):
            observed = None
            if suite.name in asked:
                observed = observe(asked.pop(suite.name), rules, stores, stop, disturb[suite.name], failed)
            took_s = 0.0 if observed is None else observed.seconds
            progress.say(f"[{number}/{len(suites)}] {suite.name}: {duration(took_s)} of computing")
            yield suite, observed, round(took_s, 3)


def _fresh(rules: Rules, store: Store) -> tempfile.TemporaryDirectory[str]:
    """A folder for what runs anew; within the lasting store where nodes of a cluster have to see it."""
    if rules.cluster is None:
        return tempfile.TemporaryDirectory(prefix="paper-harness-")
    store.prepare()
    return tempfile.TemporaryDirectory(prefix=".paper-harness-", dir=store.root.absolute())


def _findings(
    suite: Suite, observed: Observed | None, baseline: Baseline, selection: Selection, *, strict: bool
) -> Iterable[Finding]:
    """Yield the findings of one suite, failed jobs first."""
    if observed is None:
        yield _without_scale(suite, baseline)
        return
    for label, why in observed.failed.items():
        yield Finding(suite.name, label, "error", f"the job failed: {why}")
    before = baseline.suites[suite.name]
    yield from compare(
        Comparison(suite.name, baseline.scale, before, observed.snapshot, strict=strict, wanted=selection.wants)
    )


def _without_scale(suite: Suite, baseline: Baseline) -> Finding:
    if suite.name in baseline.suites:
        return Finding(suite.name, "suite", "regression", f"the suite no longer has the scale {baseline.scale}")
    return Finding(suite.name, "suite", "not judged", f"the suite has no scale {baseline.scale}")


def _lost(paths: Sequence[Path], suites: Sequence[Suite], baseline: Baseline, *, strict: bool) -> Iterable[Finding]:
    """Yield suites of the baseline that have no file beside the checked suites and are not known either."""
    folders = {path.resolve().parent for path in paths}
    beside = {path.stem for folder in folders for path in folder.glob("*.yaml")}
    for name in sorted(baseline.suites.keys() - beside - suite_names()) if suites else ():
        said = "the baseline holds this suite, and it has no file beside those checked"
        yield Finding(name, "suite", "regression" if strict else "advisory", said, "there", "gone")


def _differences(suite: Suite, observed: Observed | None, baseline: Baseline) -> list[Finding]:
    """Return the changes that an update makes to one suite."""
    before = baseline.suites.get(suite.name)
    if observed is None:
        said = f"the suite has no scale {baseline.scale}" + (
            "; its entry is removed" if before else ", and gets no entry"
        )
        return [Finding(suite.name, "suite", "advisory", said)]
    if before is None:
        counts = ", ".join(
            f"{len(observed.snapshot[group])} {group}"
            for group in ("experiments", "probes", "measurements", "cells", "claims")
        )
        return [Finding(suite.name, "suite", "advisory", f"new in the baseline: {counts}")]
    found = compare(Comparison(suite.name, baseline.scale, before, observed.snapshot))
    return [finding for finding in found if finding.severity not in ("ok", "not judged")]
