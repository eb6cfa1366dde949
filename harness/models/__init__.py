"""The networks a suite may name: `MODELS` maps a name to its torch-free description.

A network is a tuple of layer descriptions, a graph: each layer names those it takes, the one before it by default.
`layers.trace` walks it and yields every shape, parameter and multiply-add without torch: plans, estimates and the
papers' own arithmetic need no tensor library, and the module that trains is built from the same tuple.

A kind of layer is one file (`layers/`) that answers all that anybody asks of it: shape, parameters and their kinds,
buffers, multiply-adds, module, whether it mixes the images of a batch, what the papers' equations know of it. Nobody
else asks for its class, which a test holds. So an unknown layer cannot be dropped: what is no `Layer`, leaves an answer
open, takes what is not there, or whose output nobody takes, is an error of `validate`; the builder refuses a module
whose tensors are not those declared. What is easier said in torch is a `TorchModule` with its declaration and the
digest of its file.

All tensors of a net are state: buffers, whole numbers among them, are in checkpoints, digests and imports, and are put
back after the warm-up of a captured step. A training whose net mixes the images of a batch is refused before it runs
where its batches would be divided (`run.dividing`). Fields that a recipe got later are left out of addresses while they
stand at their defaults: `strict.ADDED` lists them.
"""

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
