"""What a net is to the rest of the program, and how a suite's `model:` becomes one of those that are registered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from harness.models.layers import Layer, Traced
from harness.strict import Strict


class Net(Strict):
    """A net of a paper with the parameters that a suite may set: one file, and its line in a registry.

    A subclass has a field `name`, a `Literal` of one word by which suites call it, and answers `layers`.
    """

    name: str

    registered: ClassVar[Mapping[str, type[Net]]] = {}
    """Every net that a suite may name; `harness.models` puts its `MODELS` here."""

    def layers(self, _classes: int) -> tuple[Layer, ...]:
        """The net from image to logits, each layer after those that it takes."""
        raise NotImplementedError

    def full_size(self, _classes: int) -> tuple[Traced, ...]:
        """The net at the paper's own size, to whose fan-ins printed standard deviations belong; () where none are."""
        return ()

    @property
    def hidden_feature(self) -> str:
        """The layer whose output is an image's feature vector; raises ValueError where none is named."""
        raise ValueError(f"{self.name} names no layer whose output is an image's feature vector")

    @property
    def last_map(self) -> str | None:
        """The layer on whose maps windows slide in a dense test; None where no such test makes sense."""
        return None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The layers with weights that a recipe may name though this net goes without them."""
        return ()

    @classmethod
    def members(cls) -> list[type[Net]]:
        """The nets that this class may stand for in a suite."""
        return list(cls.registered.values()) if cls is Net else [cls]


class OneOfRegistered:
    """Marks a field of nets: data are read as the registered net they name, whenever it was registered."""

    def __init__(self, also: Iterable[type[Net]] = ()) -> None:
        """`also` may be named beside those that are registered."""
        self.also = tuple(also)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Any net as it is, and whatever else by the members' own rules; their faults keep their places."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """That of every net there is when it is asked for."""
        return handler(self._adapter().core_schema)

    def read(self, value: Any) -> Net:
        """The net; raises pydantic's ValidationError."""
        if isinstance(value, Net):
            return value
        found: Net = self._adapter().validate_json(json.dumps(value))
        return found

    def _adapter(self) -> TypeAdapter[Any]:
        return _adapter((*Net.registered.values(), *self.also))


@cache
def _adapter(kinds: tuple[type[Net], ...]) -> TypeAdapter[Any]:
    union: Any = kinds[0]
    for kind in kinds[1:]:
        union |= kind
    told_apart: Any = Annotated[union, Field(discriminator="name")] if len(kinds) > 1 else union
    return TypeAdapter(told_apart)
