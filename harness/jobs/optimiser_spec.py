"""What a recipe says of its optimiser: stochastic gradient descent with momentum, in the paper's form or torch's."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from harness.models.layers import ParameterKind
from harness.strict import Grown


class Optimiser(Grown):
    """Momentum and weight decay, and where the learning rate enters the velocity."""

    rule: Literal["rate_inside_velocity", "rate_outside_velocity"]
    """Inside: v <- momentum v - decay rate w - rate grad; w <- w + v (AlexNet section 5, PReLU eq. 4), so that after a
    drop the velocity still carries the old rate until it fades. Outside: torch's form, where a drop acts at once."""
    momentum: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0)
    decays: Literal["weights", "all"] | Annotated[list[ParameterKind], Field(min_length=1)] = "weights"
    """The weights of convolutions and fully connected layers, or biases, PReLU slopes and what a normalisation learns
    as well; or the kinds that are named, as their layers declare them. AlexNet gives its rule for weights w; PReLU
    section 2.1 says that slopes do not decay."""
    nesterov: bool = False
    """Whether the gradient is looked at ahead of the velocity: the step is gradient + momentum u in the place of u, as
    torch has it (Sutskever et al., 2013)."""

    @property
    def decay_of_weights(self) -> float:
        """The weight decay that weights of connections have."""
        named = isinstance(self.decays, str) or "weight" in self.decays
        return self.weight_decay if named else 0.0

    @model_validator(mode="after")
    def _looks_ahead_with_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum")
        return self
