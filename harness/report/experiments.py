"""What a report says of each experiment seed by seed: its spec, its jobs, what they measured, and why some did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.plan.graph import Plan
from harness.plan.status import Status
from harness.store.provenance import IMPORTED, TRAINED_ELSEWHERE


def trained_experiment(
    plan: Plan, name: str, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> dict[str, Any]:
    """The spec of a training, its seeds left out, and each of its jobs."""
    jobs = [_training(plan, name, seed, standing, failed) for seed in plan.seeds]
    spec = plan.jobs[plan.trainings[name, plan.seeds[0]]].spec
    return {
        "says": plan.suite.file.experiments[name].says,
        "spec": {key: value for key, value in spec.items() if key != "seed"},
        "jobs": jobs,
    }


def ensembles(plan: Plan, standing: Mapping[str, Status]) -> dict[str, Any]:
    """Of every ensemble and its nets, what their tests measured, so that a report can be judged without its store."""
    found: dict[str, Any] = {}
    for name, experiment in plan.suite.file.experiments.items():
        if experiment.ensemble is not None:
            tests = [place for place in plan.evaluations if place[0] == name]
            found[name] = {"says": experiment.says, "tests": [_averaged(plan, place, standing) for place in tests]}
    return found


def _averaged(plan: Plan, place: tuple[str, str, int], standing: Mapping[str, Status]) -> dict[str, Any]:
    """One ensemble's test, with those of its nets."""
    key = plan.evaluations[place]
    nets = [_outcome_of(one, standing[one].result) for one in plan.jobs[key].inputs.values()]
    return {"test": place[1], "seed": place[2], **_outcome_of(key, standing[key].result), "nets": nets}


def _outcome_of(key: str, result: Mapping[str, Any] | None) -> dict[str, Any]:
    return _tested(key, result) | {"outcome": (result or {}).get("outcome"), "imported": _imports(result)}


def _imports(result: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [] if result is None else list(result.get(TRAINED_ELSEWHERE, ()))


def measurements(plan: Plan, standing: Mapping[str, Status], failed: Mapping[str, str]) -> dict[str, Any]:
    """What was measured without training: the spec, and the values by seed."""
    found: dict[str, Any] = {}
    for (name, seed), key in plan.measurements.items():
        spec = {part: value for part, value in plan.jobs[key].spec.items() if part != "seed"}
        experiment = plan.suite.file.experiments[name]
        assert experiment.measure is not None
        quantities = [[quantity, what.unit, what.label] for quantity, what in experiment.measure.quantities().items()]
        one = found.setdefault(name, {"says": experiment.says, "spec": spec, "jobs": [], "quantities": quantities})
        values = (standing[key].result or {"values": {}})["values"]
        one["jobs"].append(
            {"kind": "measure", "seed": seed, "key": key, "values": values, "reason": failed.get(key, "")}
        )
    return found


def _training(
    plan: Plan, name: str, seed: int, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> dict[str, Any]:
    key = plan.trainings[name, seed]
    result = standing[key].result
    tests = {test: plan.evaluations[name, test, seed] for test in plan.experiments[name].evaluations}
    found = result or {}
    return {
        "kind": "train",
        "seed": seed,
        "key": key,
        "outcome": _outcome(result) if result else ("failed" if key in failed else "not run"),
        "reason": failed.get(key, ""),
        "weights_sha256": found.get("weights_sha256"),
        "diverged_at": found.get("diverged_at"),
        "marks": found.get("marks", []),
        "imported": found.get(IMPORTED),
        "values": found.get("values", {}),
        "evaluations": {test: _tested(test_key, standing[test_key].result) for test, test_key in tests.items()},
        "inspections": _inspected(plan, name, seed, standing, failed),
    }


def _outcome(result: Mapping[str, Any]) -> str:
    return "imported" if IMPORTED in result else str(result["outcome"])


def _inspected(
    plan: Plan, name: str, seed: int, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> dict[str, Any]:
    """What was read off one net, with what each number means and why some are not there."""
    resolved, found = plan.experiments[name], {}
    for inspection, spec in plan.suite.file.experiments[name].inspect.items():
        key = plan.inspections[name, inspection, seed]
        result = standing[key].result or {"values": {}, "absent": {}}
        found[inspection] = {
            "key": key,
            "values": result["values"],
            "absent": result["absent"],
            "reason": failed.get(key, ""),
            "quantities": [[q, *said] for q, said in spec.quantities(resolved.traced(), resolved.classes).items()],
        }
    return found


def _tested(key: str, result: Mapping[str, Any] | None) -> dict[str, Any]:
    if result is None:
        return {"key": key, "values": {}, "count": 0, "ids_sha256": None}
    seen = result["data"][0]
    return {"key": key, "values": result["values"], "count": seen["count"], "ids_sha256": seen["ids_sha256"]}
