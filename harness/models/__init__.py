"""The networks that a suite may name: `MODELS` maps a name to a description that needs no torch.

A network is a tuple of layer descriptions that form a graph. Each layer names the layers it takes as inputs, by default
the one before it. `layers.trace` walks the tuple and yields every shape, parameter and multiply-add without torch.
Plans, estimates and the papers' own arithmetic use it. The module that trains is built from the same tuple.

A kind of layer is one file in `layers/`. It answers every question about the layer: shape, parameters and their kinds,
buffers, multiply-adds, module, whether it mixes the images of a batch, and how the papers' equations treat it. No other
code asks for the class of a layer, and a test ensures this. So no unknown layer can be dropped in silence. `validate`
reports an error for an object that is no `Layer`, a layer that leaves a question open, an input that does not exist,
and an output that nothing takes. The builder refuses a module whose tensors differ from the declared ones. A part that
is easier to write in torch is a `TorchModule`, which holds its declaration and the digest of its file.

All tensors of a net are state. Buffers, integer ones included, are part of checkpoints, digests and imports, and are
restored after the warm-up of a captured step. A training whose net mixes the images of a batch is refused before it
runs if its batches would be divided (`run.dividing`). Fields added to a recipe later are left out of addresses while
they have their defaults; `strict.ADDED` lists them.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from harness.models.alexnet import AlexNet
from harness.models.alexnet_released import AlexNetReleased
from harness.models.cifar import CifarConv, CifarLocal
from harness.models.geometry import Levels, Stem
from harness.models.googlenet import GoogLeNet, GoogLeNetTorchvision
from harness.models.pyramid_nets import SppOverfeat7, SppZf5
from harness.models.rectifier import PreluLarge, PreluSmall, Vgg
from harness.models.registered import Net, OneOfRegistered
from harness.strict import Strict

__all__ = ["MODELS", "Model", "Net", "ScaledModel", "parse_model"]

MODELS: dict[str, type[Net]] = {
    "alexnet": AlexNet,
    "alexnet_released": AlexNetReleased,
    "cifar_conv": CifarConv,
    "cifar_local": CifarLocal,
    "prelu_small": PreluSmall,
    "prelu_large": PreluLarge,
    "vgg": Vgg,
    "googlenet": GoogLeNet,
    "googlenet_torchvision": GoogLeNetTorchvision,
    "spp_zf5": SppZf5,
    "spp_overfeat7": SppOverfeat7,
}
Net.registered = MODELS

Model = Annotated[Net, OneOfRegistered()]
"""The value of `model:` in a suite: any net of `MODELS`, also one that is registered later."""


def parse_model(data: Any) -> Net:
    """Parse the net that plain data (of a YAML or JSON file) describe. Raises pydantic's ValidationError."""
    return OneOfRegistered().read(data)


class ScaledModel(Strict):
    """The parameters of a net that a scale may change: those of its size, and no others."""

    width: float | None = Field(None, gt=0, le=100)
    stem: Stem | None = None
    """Geometry of the first convolution."""
    levels: Levels | None = None
    """Levels of the spatial pyramid."""
    without_pools: tuple[str, ...] | None = None
    """Pooling layers to leave out, for images so small that a map would vanish."""

    def applied_to(self, model: Net) -> Net:
        """Return the net with every parameter given here in place of its own.

        Raises ValueError for a parameter that the net does not have.
        """
        given = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        missing = [name for name in given if getattr(model, name, None) is None]
        if missing:
            raise ValueError(f"{model.name} has no {', '.join(missing)} that a scale could change")
        return model.model_copy(update=given)
