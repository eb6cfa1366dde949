"""The form of every record of results.json: typed fields, frozen; fields of later versions are kept as they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
"""A number of JSON; a whole one stays whole when it is read and written again."""

BySeed: TypeAlias = dict[str, Number | None]
"""Values by seed, the seed as text; null where the value was not finite."""

ByName: TypeAlias = dict[str, Number | None]
"""Values by the name of a metric or quantity; null where the value was not finite."""

Item = TypeVar("Item")
Pair = Annotated[list[Item], Field(min_length=2, max_length=2)]

Ends = Pair[Number | None]
"""The two ends of an interval; null where it is open."""

Json: TypeAlias = dict[str, Any]
"""A JSON object whose form belongs to another room, such as the spec of a job or the facts of a machine."""


class Record(BaseModel):
    """One JSON object of results.json.

    Fields that a later version adds are kept and written again, and no reader of this version looks at them. A field
    without a default is in every report of this format.
    """

    # A command that reads no report does not wait for the validators, so these are built at the first use.
    model_config = ConfigDict(extra="allow", frozen=True, strict=True, defer_build=True)

    def plain(self) -> Json:
        """The object as plain data: the fields that were given, and no others."""
        return self.model_dump(exclude_unset=True)

    def facts(self) -> list[tuple[str, Any]]:
        """The fields that were given as pairs of name and value, in the order of the names."""
        return sorted(self.plain().items())

    def part(self, *names: str) -> Json:
        """Some of the fields as plain data, in the order of their names here; null for one that was not given."""
        known = self.model_dump(include=set(names))
        return {name: known.get(name) for name in names}


def without_nan(node: Any) -> Any:
    """Plain data as JSON can hold it: a value that is not finite, for which JSON has no number, becomes null."""
    if isinstance(node, Mapping):
        return {str(key): without_nan(child) for key, child in node.items()}
    if isinstance(node, list | tuple):
        return [without_nan(child) for child in node]
    return None if isinstance(node, float) and not math.isfinite(node) else node
