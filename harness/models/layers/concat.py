"""Layer kind that concatenates the maps of several layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Concat(Layer):
    """The maps of two or more inputs with equal sides, or units of vectors, concatenated in the order of `inputs`."""

    mixes_images: ClassVar[bool] = False
    several = True

    name: str

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape with all maps together. Raises ValueError if the sides of the maps differ."""
        if len({shape[1:] for shape in shapes}) > 1:
            raise ValueError(f"layer {self.name}: {' and '.join(map(str, shapes))} are maps of different sides")
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return a module that applies torch's `cat` along the maps."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.Applied(_joined)


def _joined(*inputs: Tensor) -> Tensor:
    import torch  # noqa: PLC0415 - networks are planned without torch

    return torch.cat(inputs, 1)
