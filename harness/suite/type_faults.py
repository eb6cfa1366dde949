"""Words pydantic's faults for people who write YAML, each once and at the key where it stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from harness.suite.yaml_places import KeyPath, Located, shown
from harness.vocabulary import nearest

_SAID = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "should be a mapping of keys to values"),
    **dict.fromkeys(("list_type", "tuple_type"), "should be a list"),
    **dict.fromkeys(("int_type", "int_from_float"), "should be a whole number"),
    "string_type": "should be text",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
}
"""By the type of a fault in pydantic, its wording."""
_OF_ABSENT_KEYS = frozenset({"missing", "union_tag_invalid", "union_tag_not_found"})
"""Faults whose place ends in a key that the file may not have."""


def note_faults(located: Located, error: ValidationError, kind: type[BaseModel]) -> None:
    """Note every fault that kept a file's data from being of a kind.

    An unknown key that is near to a missing one is taken for its misspelling, and the two are one fault.
    """
    details = error.errors(include_url=False)
    meant = {place for detail in details if detail["type"] == "extra_forbidden" for place in _meant(detail, kind)}
    for detail in details:
        if detail["type"] != "missing" or detail["loc"] not in meant:
            located.fault(_key_path(detail, located.data), _message(detail, kind))


def _meant(detail: ErrorDetails, kind: type[BaseModel]) -> Iterator[KeyPath]:
    """Give the place of the known key that an unknown one probably means."""
    *above, name = detail["loc"]
    close = difflib.get_close_matches(str(name), _known_keys(kind, tuple(above)), n=1)
    return ((*above, meant) for meant in close)


def _key_path(detail: ErrorDetails, data: Any) -> KeyPath:
    """Give pydantic's location less the names of union members, which are no keys of the file."""
    location: tuple[int | str, ...] = detail["loc"]
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        location = (*location, _discriminator(detail))
    elif location[-1:] == ("[key]",) and detail["type"] != "extra_forbidden":
        location = location[:-1]
    path: list[int | str] = []
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(data, dict) and (part in data or (last and detail["type"] in _OF_ABSENT_KEYS)):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        elif not (last and isinstance(data, list) and isinstance(part, int)):
            continue
        path.append(part)
    return tuple(path)


def _message(detail: ErrorDetails, kind: type[BaseModel]) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            *above, name = detail["loc"]
            said = f"unknown key{nearest(str(name), _known_keys(kind, tuple(above)))}"
        case "missing" | "union_tag_not_found":
            said = f"missing; this {'item' if isinstance(detail['loc'][-1], int) else 'key'} is required"
        case "too_short":
            said = f"should have at least {context['min_length']}, not {context['actual_length']}"
        case "too_long":
            said = f"should have at most {context['max_length']}, not {context['actual_length']}"
        case "literal_error" | "union_tag_invalid":
            said = _not_one_of(detail)
        case "string_pattern_mismatch":
            said = f"{shown(detail['input'])} is not a name; use small letters, digits and _ and begin with a letter"
        case "value_error":
            said = detail["msg"].removeprefix("Value error, ")
        case _:
            said = _not_as_it_should_be(detail)
    return said


def _not_as_it_should_be(detail: ErrorDetails) -> str:
    fault, given = detail["type"], detail["input"]
    said = _SAID.get(fault) or detail["msg"].removeprefix("Input ")
    quotes = "; put it in quotes" if fault == "string_type" and isinstance(given, int | float) else ""
    return said if isinstance(given, dict | list) else f"{said}, not {shown(given)}{quotes}"


def _not_one_of(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    given = detail["input"][_discriminator(detail)] if "tag" in context else detail["input"]
    expected = str(context.get("expected") or context["expected_tags"])
    allowed = [text.strip("' ") for text in expected.replace(" or ", ", ").split(",")]
    close = difflib.get_close_matches(str(given), allowed, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{shown(given)} is not one of {', '.join(allowed)}{hint}"


def _discriminator(detail: ErrorDetails) -> str:
    """Name the key that tells the members of a union apart."""
    return str(detail.get("ctx", {})["discriminator"]).strip("'")


def _known_keys(kind: Any, location: tuple[int | str, ...]) -> list[str]:
    """Name the keys that would be right at a place; walks the types along pydantic's location."""
    for part in location:
        kind = next(_below(kind, part), None)
        if kind is None:
            return []
    return [name for model in _models(kind) for name in model.model_fields]


def _below(kind: Any, part: int | str) -> Iterator[Any]:
    """Give the types that the key `part` may lead to."""
    for model in _models(kind):
        if part in model.model_fields:
            yield model.model_fields[str(part)].annotation
        if any(part in get_args(field.annotation) for field in model.model_fields.values()):
            yield model  # the part is no key but the tag of a union's member
    for member in get_args(kind):
        if any(isinstance(meta, Tag) and meta.tag == part for meta in get_args(member)):
            yield member
    for member in (kind, *get_args(kind)):
        if getattr(member, "__origin__", None) in (dict, list, tuple):
            yield get_args(member)[-1]


def _models(kind: Any) -> list[type[BaseModel]]:
    """Give every record type inside an annotation such as `A | None` or `Annotated[A | B, ...]`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        members: list[type[BaseModel]] = kind.members() if hasattr(kind, "members") else [kind]
        return members
    if getattr(kind, "__origin__", None) in (dict, list, tuple):
        return []
    for mark in getattr(kind, "__metadata__", ()):
        if hasattr(mark, "members"):
            return list(mark.members())
    return [model for member in get_args(kind) for model in _models(member)]
