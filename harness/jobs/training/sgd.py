"""Stochastic gradient descent with momentum on torch's own kernels, without the class in `torch.optim`.

That class imports torch's compiler at its first use, in every process that trains, although nothing here is compiled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim.sgd import sgd


class SGD:
    """Steps u <- momentum u + decay w + gradient and w <- w - rate u over groups of parameters.

    Groups and state are laid out as in `torch.optim.SGD`, with the velocity u as `momentum_buffer`.
    """

    def __init__(
        self,
        groups: Iterable[Mapping[str, Any]],
        rate: float | Tensor,
        momentum: float,
        *,
        fused: bool,
        nesterov: bool = False,
    ) -> None:
        """Set up the groups: each holds a list of `params` and a `weight_decay`.

        `fused` updates all parameters in one kernel. With `nesterov` a step uses gradient + decay w + momentum u
        instead of u.
        """
        about = {"lr": rate, "momentum": momentum, "fused": fused, "nesterov": nesterov}
        self.param_groups = [{**about, **group} for group in groups]
        self.state: dict[Tensor, dict[str, Any]] = defaultdict(dict)

    def zero_grad(self) -> None:
        """Drop the gradients, so that the next backward pass writes them instead of adding to them."""
        for parameter in self._parameters():
            parameter.grad = None

    def step(self) -> None:
        """Take one step for all parameters that have a gradient."""
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            moving = parameters if group["momentum"] else []
            velocities = [self.state[parameter].get("momentum_buffer") for parameter in moving]
            with torch.no_grad():
                sgd(
                    parameters, [parameter.grad for parameter in parameters], velocities, fused=group["fused"],
                    weight_decay=group["weight_decay"], momentum=group["momentum"], lr=group["lr"],
                    dampening=0.0, nesterov=group["nesterov"], maximize=False,
                )  # fmt: skip
            for parameter, velocity in zip(moving, velocities, strict=True):
                self.state[parameter]["momentum_buffer"] = velocity

    def state_dict(self) -> dict[str, Any]:
        """Return groups and velocities for a checkpoint, with parameters by index; tensors are not copied."""
        place = {parameter: index for index, parameter in enumerate(self._parameters())}
        groups = [{**group, "params": [place[one] for one in group["params"]]} for group in self.param_groups]
        return {"state": {place[one]: dict(held) for one, held in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned. Raises ValueError unless each group has the same number of parameters."""
        sizes = [len(group["params"]) for group in self.param_groups]
        if sizes != [len(group["params"]) for group in saved["param_groups"]]:
            raise ValueError(f"the state is not of groups of {sizes} parameters")
        parameters = list(self._parameters())
        for group, kept in zip(self.param_groups, saved["param_groups"], strict=True):
            group.update({name: value for name, value in kept.items() if name != "params"})
        self.state.clear()
        for index, held in saved["state"].items():
            one = parameters[index]
            self.state[one] = {name: value.to(one.device, one.dtype, copy=True) for name, value in held.items()}

    def _parameters(self) -> Iterator[Tensor]:
        for group in self.param_groups:
            yield from group["params"]
