"""What a suite's `measure:` and `inspect:` may be: whatever is registered when the suite is read.

The specs that jobs are written with are those of the program alone (`MeasureSpec`, `InspectionSpec`); what other
packages add (`harness.jobs.extensions`) is known only once a suite names it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from harness.jobs.extensions import members
from harness.jobs.inspections import InspectionSpec
from harness.jobs.measures import MeasureSpec
from harness.machine.entry_points import Group
from harness.strict import Strict


class AnyOf:
    """Marks a field of specs: data are read as the registered spec whose word they give as `what`."""

    def __init__(self, group: Group) -> None:
        self.group = group

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Any such spec as it is, and whatever else by the members' own rules; their faults keep their places."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """That of every spec there is when it is asked for."""
        return handler(_adapter(tuple(self.members())).core_schema)

    def members(self) -> list[type[Any]]:
        """The specs there are now."""
        return list(members(self.group))

    def read(self, value: Any) -> Any:
        """The spec; raises pydantic's ValidationError."""
        if isinstance(value, Strict):
            return value
        return _adapter(tuple(self.members())).validate_json(json.dumps(value))


@cache
def _adapter(kinds: tuple[type[Any], ...]) -> TypeAdapter[Any]:
    union: Any = kinds[0]
    for kind in kinds[1:]:
        union |= kind
    return TypeAdapter(Annotated[union, Field(discriminator="what")])


AnyMeasure = Annotated[MeasureSpec, AnyOf("measures")]
"""What stands under an experiment's `measure`."""

AnyInspection = Annotated[InspectionSpec, AnyOf("inspections")]
"""What stands under a name in an experiment's `inspect`."""
