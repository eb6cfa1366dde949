"""Whether each departure of a scale from the paper is declared: other data, another net, training or system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.suite.file import Deviation, Experiment, Scale, ScaledExperiment, SuiteFile
from harness.suite.yaml_places import Places
from harness.vocabulary import ScaleName


def check_departures(file: SuiteFile, places: Places) -> None:
    """Note a fault for each scale that changes an experiment of which no deviation at that scale tells.

    A deviation tells of a scale where it `affects` the experiment, or its row of the table, and its `scales` name the
    scale and, of a scale below `paper`, not `paper`; in a suite without that scale, one of all scales does too.
    """
    for scale, world in file.scales.items():
        silent = dict(_silent(file, scale, world))
        if silent:
            names, keys = ", ".join(silent), dict.fromkeys(key for changed in silent.values() for key in changed)
            what = ", ".join(f"`{key}`" for key in keys)
            why = f"changes {what} of {names} against the paper, and no deviation tells of it"
            remedy = f"declare one under `deviations` with `affects: [{names}]` and `scales: [{scale}]`"
            places.fault(("scales", scale), f"{why}{_nearly(file, scale, silent)}; {remedy}")


def _silent(file: SuiteFile, scale: ScaleName, world: Scale) -> Iterator[tuple[str, list[str]]]:
    """The experiments that a scale changes without a word, each with what is changed."""
    for name, experiment in file.experiments.items():
        changed = list(_changed(experiment, world, world.experiments.get(name, ScaledExperiment())))
        tested = any(test.taken_at(scale) for test in experiment.evaluate.values())
        if changed and tested and not any(_tells(file, one, scale, name) for one in file.deviations.values()):
            yield name, changed


def _changed(experiment: Experiment, world: Scale, own: ScaledExperiment) -> Iterator[str]:
    """The keys by which a scale changes an experiment; none of an ensemble or a measurement."""
    said = experiment.train or experiment.classify
    if said is None:
        return
    if world.data not in (None, said.data):
        yield "data"
    if world.subset is not None or own.subset is not None:
        yield "subset"
    if experiment.classify is not None:
        yield from ["classify"] if own.classify.model_fields_set else []
        return
    yield from (key for key in ("model", "train") for at in (world, own) if getattr(at, key).model_fields_set)


def _tells(file: SuiteFile, deviation: Deviation, scale: ScaleName, experiment: str) -> bool:
    at = deviation.scales if deviation.scales is not None else list(file.scales)
    alone = scale == "paper" or "paper" not in at
    return scale in at and alone and _affects(file, deviation, experiment)


def _nearly(file: SuiteFile, scale: ScaleName, silent: Iterable[str]) -> str:
    """Name a deviation of one of these experiments that is of this scale and of `paper`, and why it is not enough."""
    for name, deviation in file.deviations.items():
        at = deviation.scales if deviation.scales is not None else list(file.scales)
        if scale in at and "paper" in at and any(_affects(file, deviation, one) for one in silent):
            return f" (`{name}` is one of scale `paper` too, and so tells of no change against it)"
    return ""


def _affects(file: SuiteFile, deviation: Deviation, experiment: str) -> bool:
    return bool({experiment, *_rows(file, experiment)} & {*deviation.affects})


def _rows(file: SuiteFile, experiment: str) -> Iterator[str]:
    """The rows of the table that are numbers of an experiment."""
    for cell in file.every_cell():
        if any(place[0] == experiment for place in cell.places) and cell.column:
            yield cell.row
