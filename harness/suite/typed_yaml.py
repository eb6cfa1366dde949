"""Types YAML: the one reader of the plain data of a file; every fault of a type is noted at its line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from harness.errors import SuiteError, UsageError
from harness.jobs.extensions import add_named
from harness.jobs.recipe import Recipe
from harness.strict import Strict
from harness.suite.file import SuiteFile
from harness.suite.type_faults import note_faults
from harness.suite.yaml_places import KeyPath, Located, read_yaml
from harness.vocabulary import nearest

Document = TypeVar("Document", bound=Strict)


def load_document(path: Path, kind: type[Document]) -> Document:
    """Read one YAML file as `kind`, such as a paper's citation; raises SuiteError with one line for each fault."""
    located = read_yaml(path)
    document = typed(located, kind)
    located.require_sound()
    assert document is not None
    return document


def typed(located: Located, kind: type[Document]) -> Document | None:
    """Turn the data into `kind`; notes every fault of a type, and gives None where there is one."""
    if located.data is None:
        if not located.faults:
            located.fault((), "the file is empty")
        return None
    try:
        return kind.parsed(located.data)
    except ValidationError as error:
        note_faults(located, error, kind)
        return None


def named_paper(located: Located) -> Any:
    """Give what stands under `paper` in a suite file, which may be anything; its files are needed to type the rest."""
    return located.data.get("paper") if isinstance(located.data, dict) else None


def typed_suite(located: Located, recipes: Mapping[str, Recipe] | None) -> SuiteFile | None:
    """Turn the data into a suite file, with the recipes that measurements name written out.

    First takes in what installed packages add and the data name. Without `recipes`, for the paper's files have faults
    of their own, the names of recipes are passed over. Raises SuiteError for an entry point that cannot be used.
    """
    try:
        add_named(located.data)
    except UsageError as error:
        raise SuiteError([f"{located.path}:1:1: {error}"]) from error
    for path, measure in _measurements(located.data):
        name = measure.get("recipe")
        if not isinstance(name, str):
            continue
        if recipes is None:
            located.refused.add((*path, "recipe"))
        elif name in recipes:
            measure["recipe"] = recipes[name].model_dump(mode="json")
        else:
            located.refuse((*path, "recipe"), f"no recipe {name!r}{nearest(name, recipes)}")
    return typed(located, SuiteFile)


def _measurements(data: Any) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Give the measurements of a suite's plain data, wherever it really has mappings."""
    experiments = data.get("experiments") if isinstance(data, dict) else None
    for name, experiment in experiments.items() if isinstance(experiments, dict) else ():
        measure = experiment.get("measure") if isinstance(experiment, dict) else None
        if isinstance(measure, dict):
            yield ("experiments", name, "measure"), measure
