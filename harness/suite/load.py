"""Turns suite files into types, reporting every fault of a file at once, each at its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from harness.errors import SuiteError, UsageError
from harness.jobs.extensions import add_named
from harness.models.layers import Traced
from harness.strict import NAME_PATTERN, Strict
from harness.suite.check_names import check_names
from harness.suite.claim_parts import is_direction
from harness.suite.claims import Claim
from harness.suite.file import Citation, RecipesFile, Suite, SuiteFile
from harness.suite.plain import items_of
from harness.suite.released import Released, released_file
from harness.suite.shipped import paper_folders
from harness.suite.type_faults import note_faults
from harness.suite.warrant_checks import check_warrants
from harness.suite.yaml_places import KeyPath, Located, read_yaml
from harness.vocabulary import METRICS, ScaleName, nearest

Document = TypeVar("Document", bound=Strict)


def load_suite(path: Path) -> Suite:
    """Read and check one suite with its paper's files; raises SuiteError with one line for each fault."""
    located = read_yaml(path)
    data = located.data if isinstance(located.data, dict) else {}
    try:
        add_named(data)
    except UsageError as error:
        raise SuiteError([f"{path}:1:1: {error}"]) from error
    folder = _paper_folder(path, data.get("paper"), located)
    citation, shared = _paper(folder)
    _write_out_recipes(data, shared)
    file = _validated(located, SuiteFile)
    check_names(located, shared)
    if located.faults or file is None or citation is None or shared is None:
        raise SuiteError(located.lines() or [f"{path}:1:1: its paper's files cannot be used"])
    suite = Suite(path, path.read_text(encoding="utf-8"), file, citation, shared, _released(folder))
    check_scales_of_tests(located, file)
    check_warrants(suite, located)
    _check_every_scale(suite, located)
    return suite


def load_suites(paths: Iterable[Path]) -> tuple[list[Suite], list[str]]:
    """Every suite that is sound, and the fault lines of those that are not."""
    suites, faults = [], []
    for path in paths:
        try:
            suites.append(load_suite(path))
        except SuiteError as error:
            faults.extend(error.faults)
    return suites, faults


def _check_every_scale(suite: Suite, located: Located) -> None:
    """Resolve every experiment at every scale, so that a net that cannot be built is a fault of the file."""
    from harness.suite.resolve import resolve_experiment  # noqa: PLC0415 - resolve builds on the loaded suite

    for scale in suite.file.scales:
        for name, experiment in suite.file.experiments.items():
            try:
                if experiment.measure is not None:
                    suite.file.scales[scale].timed(experiment.measure)
                if experiment.train is None:
                    continue
                resolved = resolve_experiment(suite, scale, name)
                layers = resolved.traced()
                _check_shared(suite.file.scales[scale].gpus, layers)
                if any(spec.reads_features for spec in experiment.inspect.values()):
                    _check_feature(resolved.model.hidden_feature, layers)
                known: dict[str, Iterable[str]] = dict.fromkeys(experiment.evaluate, METRICS)
                known |= {key: spec.quantities(layers, resolved.classes) for key, spec in experiment.inspect.items()}
            except (ValueError, UsageError) as error:
                located.fault(("scales", scale), f"experiment {name!r} cannot be resolved: {error}")
                continue
            for path, source, number in _numbers(suite, name):
                if number not in known.get(source, [number]):
                    located.fault(
                        path, f"{name}.{source} has no {number!r} at {scale} scale{nearest(number, known[source])}"
                    )
    _check_thresholds(suite, located)
    if located.faults:
        raise SuiteError(located.lines())


def _check_shared(gpus: int | None, layers: Iterable[Traced]) -> None:
    """Raises ValueError where a scale has GPUs share the batches of a net that mixes their images."""
    mixing = [one.name for one in layers if one.layer.mixes_images]
    if mixing and (gpus or 1) > 1:
        raise ValueError(f"`gpus: {gpus}` would divide its batches, and layer {mixing[0]} mixes their images")


def _check_feature(name: str, layers: Iterable[Traced]) -> None:
    """Raises ValueError where the layer that a net names for its feature vector is none of its layers."""
    names = [one.name for one in layers]
    if name not in names:
        raise ValueError(f"the net has no layer {name!r} for an image's feature vector{nearest(name, names)}")


def _check_thresholds(suite: Suite, located: Located) -> None:
    """A training error that is declared by scale is declared for each of the suite's scales, and for no others."""
    for name, claim in _as_written(suite):
        said = claim.faster.train_error if claim.faster is not None else None
        if isinstance(said, dict) and said.keys() != suite.file.scales.keys():
            scales = ", ".join(suite.file.scales)
            located.fault(("claims", name, "faster", "train_error"), f"needs one number for each scale: {scales}")


def _numbers(suite: Suite, experiment: str) -> Iterator[tuple[KeyPath, str, str]]:
    """Every place that names a number of a trained experiment: where, its evaluation or inspection, and the number."""
    for cell in suite.cells():
        if cell.place is not None and cell.place[0] == experiment and len(cell.place) == 3:
            where: KeyPath = ("table", "rows", cell.row) if cell.column else ("cells", cell.id)
            yield where, cell.place[1], cell.place[2]
    for name, claim in _as_written(suite):
        for parts in (operand.split(".") for operand in claim.operands):
            if parts[0] == experiment and len(parts) == 3:
                yield ("claims", name), parts[1], parts[2]


def _as_written(suite: Suite) -> Iterator[tuple[str, Claim]]:
    """The claims that stand in the file, so that none is faulted twice."""
    return ((name, claim) for name, claim in suite.file.claims.items() if not is_direction(name))


def _write_out_recipes(data: dict[str, Any], shared: RecipesFile | None) -> None:
    """Put the recipe in the place of its name where a measurement is about one."""
    recipes = {} if shared is None else shared.recipes
    for _, experiment in items_of(data, "experiments"):
        measure = experiment.get("measure")
        name = measure.get("recipe") if isinstance(measure, dict) else None
        if isinstance(measure, dict) and isinstance(name, str) and name in recipes:
            measure["recipe"] = recipes[name].model_dump(mode="json")


def _paper_folder(path: Path, paper: object, located: Located) -> Path | None:
    if not isinstance(paper, str) or not re.fullmatch(NAME_PATTERN, paper):
        return None  # which the check of the types says, and no path is made of it
    if (found := paper_folder(path, paper)) is not None:
        return found
    known = sorted({file.parent.name for home in paper_folders(path) for file in home.glob("*/paper.yaml")})
    where = f"{path.parent / 'papers'}, among the shipped ones or in an installed package"
    located.fault(("paper",), f"no paper {paper!r} in {where}{nearest(paper, known)}")
    return None


def paper_folder(suite: Path, paper: str) -> Path | None:
    """The folder of a suite's paper: beside it, or of those that are known."""
    found = (home / paper for home in paper_folders(suite))
    return next((folder for folder in found if (folder / "paper.yaml").is_file()), None)


def _paper(folder: Path | None) -> tuple[Citation | None, RecipesFile | None]:
    if folder is None:
        return None, None
    return load_document(folder / "paper.yaml", Citation), load_document(folder / "recipes.yaml", RecipesFile)


def _released(folder: Path | None) -> Released | None:
    file = None if folder is None else released_file(folder)
    return None if file is None else load_document(file, Released)


def load_document(path: Path, kind: type[Document]) -> Document:
    """Read one YAML file as `kind`; raises SuiteError with one line for each fault."""
    located = read_yaml(path)
    document = _validated(located, kind)
    if located.faults or document is None:
        raise SuiteError(located.lines())
    return document


def _validated(located: Located, kind: type[Document]) -> Document | None:
    """The data as `kind`, or None with what is wrong noted in `located`."""
    if located.data is None:
        if not located.faults:
            located.fault((), "the file is empty")
        return None
    try:
        return kind.parsed(located.data)
    except ValidationError as error:
        note_faults(located, error, kind)
        return None


Use = tuple[KeyPath, str, str]
"""Where a test is named, and the experiment and the name of the test that is meant."""


def check_scales_of_tests(located: Located, file: SuiteFile) -> None:
    """Note a fault for each ensemble and inspection that reads a test which one of its scales leaves out."""
    for scale in file.scales:
        for path, experiment, test in _uses(file, scale):
            if not file.experiments[experiment].evaluate[test].taken_at(scale):
                located.fault(path, f"needs {experiment}.{test}, which is not taken at {scale} scale")


def _uses(file: SuiteFile, scale: ScaleName) -> Iterator[Use]:
    for name, experiment in file.experiments.items():
        for test, evaluation in experiment.evaluate.items():
            if evaluation.taken_at(scale):
                for member in experiment.ensemble or ():
                    yield ("experiments", name, "evaluate", test), member.experiment, test
        for inspection, spec in experiment.inspect.items():
            for other, test in spec.tests(name).values():
                yield ("experiments", name, "inspect", inspection), other, test
