"""Finds in what the two arms of a claim differ, by their resolved specs: more than one thing is a confounder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.plan.graph import Plan
from harness.report.results.record import Json
from harness.suite.claims import Claim
from harness.suite.classification import ScaledClassification
from harness.suite.known_metrics import EPOCHS

Spec = Mapping[str, Any]
_REDUCED = "the sizes of a net and of a system without one, each reduced by hand", "the images that each is given"
"""In what these differ at a scale that changes sizes of the system, besides being what they are."""
_LONGEST = 60
"""Letters of a value that is said; what is longer is named alone."""


def arm_differences(plan: Plan) -> dict[str, tuple[str, ...]]:
    """By claim, everything in which its two arms differ, each arm one training or a test of one."""
    cells = {cell.id: None if cell.minus else cell.place for cell in plan.suite.cells()}
    found: dict[str, tuple[str, ...]] = {}
    for name, claim in plan.suite.file.claims.items():
        operands = _arms(claim)
        arms = [_place(plan, operand, cells) for operand in operands]
        if _reduced_apart(plan, operands, cells):
            found[name] = _REDUCED
        elif len(arms) == 2 and arms[0] is not None and arms[1] is not None:
            found[name] = tuple(_differences(plan, arms[0], arms[1]))
    return found


def _arms(claim: Claim) -> tuple[str, ...]:
    """One operand of each arm; of a gap, its test error."""
    if claim.faster is not None:
        return claim.faster.slow, claim.faster.fast
    if claim.gap is not None:
        return claim.gap.wider[1], claim.gap.narrower[1]
    if claim.equal_gaps is not None:
        one, other = claim.equal_gaps.of
        return one[1], other[1]
    return claim.operands if claim.operator in ("less", "reduces", "equal") else ()


def _place(plan: Plan, operand: str, cells: Mapping[str, tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """The place of an operand, if that is a training or a test of one."""
    place = cells[operand] if operand in cells else tuple(operand.split("."))
    return place if place and (place[0], 0) in plan.trainings and place[0] in plan.experiments else None


def _reduced_apart(plan: Plan, operands: tuple[str, ...], cells: Mapping[str, tuple[str, ...] | None]) -> bool:
    """Whether a net stands against a system of features and classifiers whose sizes the scale changes apart."""
    places = [cells[operand] if operand in cells else tuple(operand.split(".")) for operand in operands]
    names = {place[0] for place in places if place and place[0] in plan.suite.file.experiments}
    systems = {name for name in names if plan.suite.file.experiments[name].classify is not None}
    own = plan.suite.file.scales[plan.scale].experiments
    changed = any(own[name].classify != ScaledClassification() for name in systems if name in own)
    return changed and systems != names


def _differences(plan: Plan, one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[str]:
    first, second = (_spec(plan, place) for place in (one, other))
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            yield _said(name, first.get(name), second.get(name))
    steps = [_steps(plan, place[0]) for place in (one, other)]
    if steps[0] != steps[1]:
        times = max(steps) / min(steps)
        said = f"{steps[0]:,} against {steps[1]:,}, {times:.2g} times"
        yield f"training steps, with those of the weights it starts from ({said})"
    yield from _own_view(plan, one, other)


def _spec(plan: Plan, place: tuple[str, ...]) -> Json:
    """The resolved training and test of an operand, flat."""
    training = {key: value for key, value in plan.jobs[plan.trainings[place[0], 0]].spec.items() if key != "seed"}
    start = plan.experiments[place[0]].start_from
    spec = dict(_flat("", training)) | ({"first weights": f"those of {start}"} if start else {})
    test = plan.evaluations.get((place[0], place[1], 0)) if len(place) == 3 else None
    if test is not None:
        asked = {key: plan.jobs[test].spec[key] for key in ("splits", "protocol")}
        spec |= dict(_flat("test", asked))
    return spec


def _flat(before: str, node: Any) -> Iterator[tuple[str, Any]]:
    """Every value under its dotted name; a list is one value."""
    if not isinstance(node, Mapping) or not node:
        yield before, node
        return
    for name, value in node.items():
        yield from _flat(f"{before}.{name}" if before else str(name), value)


def _said(name: str, one: Any, other: Any) -> str:
    values = f"{_plain(one)} against {_plain(other)}"
    return f"{name} ({values})" if len(values) <= _LONGEST else name


def _plain(value: Any) -> str:
    return "none" if value is None else str(value)


def _steps(plan: Plan, name: str) -> int:
    """Count the steps of a training and of all trainings whose weights it began with."""
    experiment = plan.experiments[name]
    before = 0 if experiment.start_from is None else _steps(plan, experiment.start_from)
    images = experiment.dataset.count("train", experiment.data.subset)
    return before + experiment.recipe.steps(experiment.recipe.steps_of_epoch(images))


def _own_view(plan: Plan, one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[str]:
    """A test through the one view that a single arm was trained on favours that arm."""
    views = [_views(plan, place) for place in (one, other)]
    crops = [plan.experiments[place[0]].recipe.augmentation.crops for place in (one, other)]
    if crops[0] != crops[1] and views == ["centre", "centre"]:
        fixed = one[0] if not crops[0] else other[0]
        yield f"the single view of the test is the one that {fixed} alone was trained on"


def _views(plan: Plan, place: tuple[str, ...]) -> str | None:
    """Name the views of a test; the images of validation are seen through the central one."""
    if len(place) != 3 or place[1] == EPOCHS:
        return "centre" if place[-1].endswith("validation_error") else None
    test = plan.experiments[place[0]].evaluations.get(place[1])
    return None if test is None else test[1].views
