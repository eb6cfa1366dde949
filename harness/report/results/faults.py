"""Says in one line where data do not fit a typed record, and what should stand there."""

from __future__ import annotations

from pydantic import ValidationError

_SAID = {
    "missing": "is missing",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "should be an object"),
    "list_type": "should be a list",
    "string_type": "should be text",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
}
"""Pydantic's faults, by type, in the words of JSON."""
_UNION = ("int", "float")
"""The words that pydantic adds to the place of a value that is no number."""


def first_fault(error: ValidationError) -> str:
    """The first fault with its place, such as `cells[3].label is missing`, and how many more there are."""
    faults = {_place(one["loc"]): one for one in reversed(error.errors(include_url=False))}
    place, fault = next(reversed(faults.items()))
    said = "should be a number" if fault["loc"][-1:] == ("int",) else _SAID.get(fault["type"])
    if fault["type"] in ("too_short", "too_long"):
        said = f"should have {fault['ctx'].get('min_length', fault['ctx'].get('max_length'))} items"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{place} {said or fault['msg'].replace('Input should', 'should', 1)}{more}"


def _place(location: tuple[int | str, ...]) -> str:
    """`cells[3].interval[0]`."""
    parts = location[:-1] if location[-1:] and location[-1] in _UNION else location
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "the document"
