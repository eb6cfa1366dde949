"""The one way this project declares data: frozen, every key known, no silent coercion."""

from __future__ import annotations

import json
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, StringConstraints, model_serializer

NAME_PATTERN = r"^[a-z0-9][a-z0-9_]{0,63}$"

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""A name of ours: it becomes a key in results and part of an address, so it holds no dot, slash or blank."""


class Strict(BaseModel):
    """A frozen record that rejects unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def parsed(cls, data: Any) -> Self:
        """The record that plain data (of a YAML or JSON file) describe; raises pydantic's ValidationError."""
        return cls.model_validate_json(json.dumps(data))


ADDED: dict[str, tuple[str, ...]] = {
    "Recipe": ("iterations", "warm_up", "label_smoothing"),
    "Optimiser": ("nesterov",),
    "FixedDrops": ("unit",),
}
"""By record, the fields that it got after jobs had addresses with it in them.

At its default such a field is left out wherever the record is written, so that what was there before keeps its address;
set to anything else it is written, and makes another. A field is never taken out of this list.
"""


class Grown(Strict):
    """A record that stands in addresses of jobs and of which `ADDED` names fields."""

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Every field, less the added ones that stand at their defaults."""
        document: dict[str, Any] = write(self)
        fields = type(self).model_fields
        silent = [name for name in ADDED[type(self).__name__] if getattr(self, name) == fields[name].default]
        return {name: value for name, value in document.items() if name not in silent}
