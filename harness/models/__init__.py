"""The networks a suite may name: `MODELS` maps a name to its torch-free description."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from harness.models.alexnet import AlexNet
from harness.models.cifar import CifarConv, CifarLocal
from harness.models.geometry import Levels, Stem
from harness.models.rectifier import PreluLarge, PreluSmall, Vgg
from harness.models.registered import Net, OneOfRegistered
from harness.strict import Strict

__all__ = ["MODELS", "Model", "Net", "ScaledModel", "parse_model"]

MODELS: dict[str, type[Net]] = {
    "alexnet": AlexNet,
    "cifar_conv": CifarConv,
    "cifar_local": CifarLocal,
    "prelu_small": PreluSmall,
    "prelu_large": PreluLarge,
    "vgg": Vgg,
}
Net.registered = MODELS

Model = Annotated[Net, OneOfRegistered()]
"""What `model:` in a suite may be: any net of `MODELS`, those put there later among them."""


def parse_model(data: Any) -> Net:
    """The net that plain data (of a YAML or JSON file) describe; raises pydantic's ValidationError."""
    return OneOfRegistered().read(data)


class ScaledModel(Strict):
    """The parameters of a net that a scale may change, and no others: its size, where it has such a parameter."""

    width: float | None = Field(None, gt=0, le=100)
    stem: Stem | None = None
    """The geometry of the first convolution."""
    levels: Levels | None = None
    """Of the spatial pyramid."""
    without_pools: tuple[str, ...] | None = None
    """Pooling layers left out, for images so small that a map would vanish."""

    def applied_to(self, model: Net) -> Net:
        """The net with every parameter given here in the place of its own; ValueError for one that it does not have."""
        given = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        missing = [name for name in given if getattr(model, name, None) is None]
        if missing:
            raise ValueError(f"{model.name} has no {', '.join(missing)} that a scale could change")
        return model.model_copy(update=given)
