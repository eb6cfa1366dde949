"""The one way this project declares data: frozen, every key known, no silent coercion."""

from __future__ import annotations

import json
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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


def later(default: Any, **more: Any) -> Any:
    """A field that came after results were stored: at its default no spec mentions it, so that their keys stay."""
    return Field(default, exclude_if=lambda value: bool(value == default), **more)
