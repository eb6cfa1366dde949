"""The optimiser part of a recipe: stochastic gradient descent with momentum, in the paper's form or in torch's."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from harness.models.layers import ParameterKind
from harness.strict import Grown


class Optimiser(Grown):
    """Momentum, weight decay, and the place where the learning rate enters the velocity."""

    rule: Literal["rate_inside_velocity", "rate_outside_velocity"]
    """rate_inside_velocity: v <- momentum v - decay rate w - rate grad; w <- w + v (AlexNet section 5, PReLU eq. 4).
    After a drop of the rate, the velocity still carries the old rate until it fades. rate_outside_velocity: torch's
    form, in which a drop acts at once.
    """
    momentum: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0)
    decays: Literal["weights", "all"] | Annotated[list[ParameterKind], Field(min_length=1)] = "weights"
    """The parameters that decay. weights: those of convolutions and fully connected layers. all: also biases, PReLU
    slopes and the parameters of normalisations. A list: the kinds named in it, as layers declare them. AlexNet gives
    its rule for weights w; PReLU section 2.1 says that slopes do not decay."""
    nesterov: bool = False
    """Whether to use Nesterov momentum in torch's form: the step is gradient + momentum u instead of u (Sutskever et
    al., 2013)."""

    @property
    def decay_of_weights(self) -> float:
        """Weight decay of the weights of convolutions and fully connected layers."""
        named = isinstance(self.decays, str) or "weight" in self.decays
        return self.weight_decay if named else 0.0

    @model_validator(mode="after")
    def _looks_ahead_with_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum")
        return self
