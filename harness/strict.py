"""The one way this project declares data: frozen, every key known, no silent coercion."""

from __future__ import annotations

import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A frozen record that rejects unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def parsed(cls, data: Any) -> Self:
        """The record that plain data (of a YAML or JSON file) describe; raises pydantic's ValidationError."""
        return cls.model_validate_json(json.dumps(data))
