"""What a recipe says of its optimiser: stochastic gradient descent with momentum, in the paper's form or torch's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.strict import Strict


class Optimiser(Strict):
    """Momentum and weight decay, and where the learning rate enters the velocity."""

    rule: Literal["rate_inside_velocity", "rate_outside_velocity"]
    """Inside: v <- momentum v - decay rate w - rate grad; w <- w + v (AlexNet section 5, PReLU eq. 4), so that after a
    drop the velocity still carries the old rate until it fades. Outside: torch's form, where a drop acts at once."""
    momentum: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0)
    decays: Literal["weights", "all"] = "weights"
    """The weights of convolutions and fully connected layers, or biases and PReLU slopes as well. AlexNet gives its
    rule for weights w; PReLU section 2.1 says that slopes do not decay."""
