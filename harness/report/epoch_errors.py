"""Reads the best and the last error over a training's epochs off its learning curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from harness.judge.cells import Measured
from harness.plan.graph import Plan
from harness.report.results.curves import Curves
from harness.suite.known_metrics import EPOCH_ERRORS, EPOCHS, OverEpochs
from harness.suite.resolve import ResolvedExperiment
from harness.vocabulary import guessing

CHOSEN = (
    "the best epoch was chosen on the images whose error this is, so it is optimistic: lower than the error of an "
    "epoch chosen beforehand"
)
"""The mark of a best error."""


def epoch_errors(plan: Plan, trainings: Mapping[str, Measured], curves: Curves) -> Iterator[tuple[str, Measured]]:
    """Give every `experiment.epochs.error` by seed; a run that diverged has that of guessing.

    `trainings` are the finished seeds of each experiment, and `curves` their learning.
    """
    for name, experiment in plan.experiments.items():
        for error, said in EPOCH_ERRORS.items():
            points = curves.get(name, {}).get(said.curve, {})
            found = _over_epochs(said, experiment, trainings[name], points) if name in trainings else _untrained(plan)
            yield f"{name}.{EPOCHS}.{error}", found


def _untrained(plan: Plan) -> Measured:
    why = f"it has no test at {plan.scale} scale, so it is not trained there"
    return Measured(declared_seeds=len(plan.seeds), blocked=why)


def _over_epochs(
    said: OverEpochs,
    experiment: ResolvedExperiment,
    training: Measured,
    points: Mapping[str, Sequence[Sequence[float | None]]],
) -> Measured:
    guess = guessing(experiment.classes)["top1_error"]
    errors = {seed: [error for _, error in points.get(str(seed), ()) if error is not None] for seed in training.values}
    of_curve = {seed: min(of) if said.which == "best" else of[-1] for seed, of in errors.items() if of}
    values = {seed: guess if seed in training.diverged else of_curve.get(seed) for seed in training.values}
    known = {seed: value for seed, value in values.items() if value is not None}
    return replace(
        training,
        values=known,
        blocked=training.blocked or _without_curve(training, known),
        marks=(*training.marks, CHOSEN) if said.which == "best" else training.marks,
        images=_images(experiment, said),
        guessing=guess,
    )


def _without_curve(training: Measured, known: Mapping[int, float]) -> str:
    if training.elsewhere:
        return "weights that were trained elsewhere come without a learning curve"
    return "its learning curve is not there" if len(known) < len(training.values) else ""


def _images(experiment: ResolvedExperiment, said: OverEpochs) -> int:
    """Count the images behind an error; of the best epoch, those of the shortest one."""
    if said.curve == "validation_error":
        return experiment.dataset.count("val", experiment.data.subset)
    images, recipe = experiment.dataset.count("train", experiment.data.subset), experiment.recipe
    whole = recipe.steps_of_epoch(images)
    last = recipe.steps(whole) - whole * (recipe.passes(whole) - 1)
    return min(images, last * recipe.batch)
