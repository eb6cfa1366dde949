"""What a recipe says of its optimiser: stochastic gradient descent with momentum, in the paper's form or torch's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.models.layers import ParameterKind
from harness.strict import Strict


class Optimiser(Strict):
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
