"""Turns suite files into types, reporting every fault of a file at once, each at its line and column."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import SuiteError, UsageError
from harness.located import KeyPath, Located, read_yaml
from harness.names import check_names
from harness.shipped import shipped_suites
from harness.strict import Strict
from harness.suite import Citation, RecipesFile, Suite, SuiteFile

Document = TypeVar("Document", bound=Strict)


def load_suite(path: Path) -> Suite:
    """Read and check one suite with its paper's files; raises SuiteError with one line for each fault."""
    located = read_yaml(path)
    data = located.data if isinstance(located.data, dict) else {}
    folder = _paper_folder(path, data.get("paper"), located)
    citation, shared = _paper(folder)
    _write_out_recipes(data, shared)
    file = _validated(located, SuiteFile)
    check_names(located, shared)
    if located.faults or file is None or citation is None or shared is None:
        raise SuiteError(located.lines() or [f"{path}:1:1: its paper's files cannot be used"])
    suite = Suite(path, path.read_text(encoding="utf-8"), file, citation, shared)
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


def schema() -> dict[str, Any]:
    """The JSON Schema of a suite file."""
    return TypeAdapter(SuiteFile).json_schema()


def _check_every_scale(suite: Suite, located: Located) -> None:
    """Resolve every experiment at every scale, so that a net that cannot be built is a fault of the file."""
    from harness.resolve import resolve_experiment  # noqa: PLC0415 - resolve builds on the loaded suite

    for scale in suite.file.scales:
        for name, experiment in suite.file.experiments.items():
            if experiment.train is None:
                continue
            try:
                resolve_experiment(suite, scale, name)
            except (ValueError, UsageError) as error:
                located.fault(("scales", scale), f"experiment {name!r} cannot be resolved: {error}")
    if located.faults:
        raise SuiteError(located.lines())


def _write_out_recipes(data: dict[str, Any], shared: RecipesFile | None) -> None:
    """Put the recipe in the place of its name where a measurement is about one."""
    experiments = data.get("experiments")
    for experiment in experiments.values() if isinstance(experiments, dict) and shared is not None else ():
        measure = experiment.get("measure") if isinstance(experiment, dict) else None
        name = measure.get("recipe") if isinstance(measure, dict) else None
        if isinstance(name, str) and name in shared.recipes:
            measure["recipe"] = shared.recipes[name].model_dump(mode="json")


def _paper_folder(path: Path, paper: object, located: Located) -> Path | None:
    if not isinstance(paper, str):
        return None
    homes = (path.parent / "papers", shipped_suites() / "papers")
    for home in homes:
        if paper.isidentifier() and (home / paper / "paper.yaml").is_file():
            return home / paper
    known = sorted({file.parent.name for home in homes for file in home.glob("*/paper.yaml")})
    located.fault(("paper",), f"no paper {paper!r} in {homes[0]} or among the shipped ones{nearest(paper, known)}")
    return None


def _paper(folder: Path | None) -> tuple[Citation | None, RecipesFile | None]:
    if folder is None:
        return None, None
    return load_document(folder / "paper.yaml", Citation), load_document(folder / "recipes.yaml", RecipesFile)


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
        for detail in error.errors(include_url=False):
            path = _key_path(detail["loc"], located.data)
            located.fault(path, _message(detail, kind))
        return None


def _key_path(location: tuple[int | str, ...], data: Any) -> KeyPath:
    """Pydantic's location without the names of union members, which are no keys of the file."""
    path: list[int | str] = []
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(data, dict) and (part in data or last):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        elif not last or part == "[key]":
            continue
        path.append(part)
    return tuple(path)


def _message(detail: ErrorDetails, kind: type[BaseModel]) -> str:
    name = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key{nearest(name, _known_keys(kind, detail['loc'][:-1]))}"
        case "missing":
            return "missing; this key is required"
        case "literal_error" | "union_tag_invalid":
            context = detail.get("ctx", {})
            allowed = [
                text.strip("' ")
                for text in str(context.get("expected") or context["expected_tags"]).replace(" or ", ", ").split(",")
            ]
            return f"{detail['input']!r} is not one of {', '.join(allowed)}{nearest(str(detail['input']), allowed)}"
        case "string_pattern_mismatch":
            return f"{detail['input']!r} is not a name; use small letters, digits and _ and begin with a letter"
        case _:
            message = detail["msg"].removeprefix("Value error, ")
            given = detail["input"]
            return f"{message[0].lower()}{message[1:]}" + (
                f", not {given!r}" if not isinstance(given, dict | list) else ""
            )


def _known_keys(kind: Any, location: tuple[int | str, ...]) -> list[str]:
    """The keys that would be right at a place, found by walking the types along pydantic's location."""
    for part in location:
        kind = next(_below(kind, part), None)
        if kind is None:
            return []
    return [name for model in _models(kind) for name in model.model_fields]


def _below(kind: Any, part: int | str) -> Iterator[Any]:
    """What type the key `part` leads to."""
    for model in _models(kind):
        if part in model.model_fields:
            yield model.model_fields[str(part)].annotation
        if any(getattr(field, "default", None) == part for field in model.model_fields.values()):
            yield model
    for member in (kind, *get_args(kind)):
        if getattr(member, "__origin__", None) in (dict, list, tuple):
            yield get_args(member)[-1]


def _models(kind: Any) -> list[type[BaseModel]]:
    """Every record type inside an annotation such as `A | None` or `Annotated[A | B, ...]`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    if getattr(kind, "__origin__", None) in (dict, list, tuple):
        return []
    return [model for member in get_args(kind) for model in _models(member)]


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the nearest of the known names, or their list when there are few and none is near."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""
