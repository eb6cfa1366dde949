"""The interface of a net to the rest of the program, and the reading of a suite's `model:` as a registered net."""

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
    """A net of a paper with the parameters that a suite may set. Each net is one file and one line in the registry.

    A subclass has a field `name`, a `Literal` of the single word by which suites call it, and defines `layers`.
    """

    name: str

    registered: ClassVar[Mapping[str, type[Net]]] = {}
    """Every net that a suite may name; `harness.models` sets this to its `MODELS`."""

    def layers(self, _classes: int) -> tuple[Layer, ...]:
        """Return the layers from image to logits, each after those that it takes."""
        raise NotImplementedError

    def full_size(self, _classes: int) -> tuple[Traced, ...]:
        """Return the net at the paper's own size, for which printed standard deviations are meant; () if none are."""
        return ()

    @property
    def hidden_feature(self) -> str:
        """The layer whose output is an image's feature vector. Raises ValueError if the net names none."""
        raise ValueError(f"{self.name} names no layer whose output is an image's feature vector")

    @property
    def last_map(self) -> str | None:
        """The layer on whose maps windows slide in a dense test; None if such a test makes no sense."""
        return None

    @property
    def left_out(self) -> tuple[str, ...]:
        """Layers with weights that a recipe may name although this net lacks them."""
        return ()

    @classmethod
    def members(cls) -> list[type[Net]]:
        """Return the nets that this class stands for in a suite."""
        return list(cls.registered.values()) if cls is Net else [cls]


class OneOfRegistered:
    """Annotation for a field that holds a net: data are read as the registered net that they name.

    The registry is consulted at each reading, so nets registered later count too.
    """

    def __init__(self, also: Iterable[type[Net]] = ()) -> None:
        """Allow the registered nets and those in `also`."""
        self.also = tuple(also)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Return the schema: a net passes as it is; other data follow the rules of the net they name."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the JSON Schema of all nets registered at the time of the call."""
        return handler(self._adapter().core_schema)

    def read(self, value: Any) -> Net:
        """Return the net that `value` is or describes. Raises pydantic's ValidationError."""
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
