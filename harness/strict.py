"""The base class of all declared data: frozen, every key known, no silent coercion."""

from __future__ import annotations

import json
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, StringConstraints, model_serializer

NAME_PATTERN = r"^[a-z0-9][a-z0-9_]{0,63}$"

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""A name in a suite. It becomes a key in results and part of an address, so it holds no dot, slash or blank."""


class Strict(BaseModel):
    """A frozen record that rejects unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def parsed(cls, data: Any) -> Self:
        """Create a record from plain data of a YAML or JSON file; raises pydantic's ValidationError."""
        return cls.model_validate_json(json.dumps(data))


ADDED: dict[str, tuple[str, ...]] = {
    "Recipe": ("iterations", "warm_up", "label_smoothing", "order", "remainder"),
    "Optimiser": ("nesterov",),
    "FixedDrops": ("unit",),
    "Augmentation": ("shared", "noise_divides"),
    "Rectified": ("dropout_form",),
    "Vgg": ("pixels",),
    "Network": ("blocks",),
}
"""Fields, by record, that were added after jobs had addresses that include the record. At its default, such a field is
left out wherever the record is written, so that earlier jobs keep their address; any other value is written and gives
another address. A field is never removed from this list."""


class Grown(Strict):
    """A record that is part of job addresses and has fields in `ADDED`, itself or through a base class."""

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Return every field except added ones at their defaults."""
        document: dict[str, Any] = write(self)
        fields = type(self).model_fields
        added = (name for kind in type(self).__mro__ for name in ADDED.get(kind.__name__, ()))
        silent = {name for name in added if getattr(self, name) == fields[name].default}
        return {name: value for name, value in document.items() if name not in silent}
