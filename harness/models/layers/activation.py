"""Layer kind: pointwise nonlinearities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from harness.models.layers.layer import Layer, Parameter, Shape

if TYPE_CHECKING:
    from torch import nn

Nonlinearity = Literal["relu", "tanh", "logistic", "leaky", "prelu_shared", "prelu_channel"]


@dataclass(frozen=True, slots=True)
class Activation(Layer):
    """A pointwise nonlinearity; `slope` is the coefficient of the negative part, or its first value if learned."""

    mixes_images: ClassVar[bool] = False
    in_equations = "rectifier"
    overwrites = True

    kind: Nonlinearity
    name: str
    slope: float = 0.0

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the input."""
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return the slopes of a PReLU: one for each map or unit, or a single one."""
        counts = {"prelu_channel": shapes[0][0], "prelu_shared": 1}
        if self.kind not in counts:
            return ()
        return (Parameter("weight", "slope", (counts[self.kind],), self.slope),)

    @property
    def activation(self) -> Activation:
        """The layer itself."""
        return self

    def module(self, *shapes: Shape) -> nn.Module:
        """Return torch's module."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        match self.kind:
            case "relu":
                return nn.ReLU()
            case "tanh":
                return nn.Tanh()
            case "logistic":
                return nn.Sigmoid()
            case "leaky":
                return nn.LeakyReLU(self.slope)
            case "prelu_shared":
                return nn.PReLU(1)
            case "prelu_channel":
                return nn.PReLU(shapes[0][0])
