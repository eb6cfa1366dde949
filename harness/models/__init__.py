"""The networks a suite may name: `MODELS` maps a name to its torch-free description."""

from __future__ import annotations

from pydantic import Field

from harness.models.alexnet import AlexNet, Stem
from harness.strict import Strict

Model = AlexNet
"""What `model:` in a suite may be; with a second net this becomes a union told apart by `name`."""

MODELS: dict[str, type[Model]] = {"alexnet": AlexNet}


class ScaledModel(Strict):
    """The parameters of a net that a scale may change, and no others: its width and the geometry of its first layer."""

    width: float | None = Field(None, gt=0)
    stem: Stem | None = None

    def applied_to(self, model: Model) -> Model:
        """The net with every parameter given here in the place of its own."""
        given = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return model.model_copy(update=given)
