"""Stochastic gradient descent with momentum on torch's own kernels, without the class around them in `torch.optim`.

That class imports torch's compiler when it is first used, in every process that trains, and nothing here is compiled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim.sgd import sgd


class SGD:
    """The steps u <- momentum u + decay w + gradient and w <- w - rate u, of groups of parameters.

    Groups and their state, with the velocity u as `momentum_buffer`, are laid out as in `torch.optim.SGD`.
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
        """Each group holds `params`, a list, and a `weight_decay`; `fused` takes one kernel for all of them.

        With `nesterov` a step is gradient + decay w + momentum u in the place of u.
        """
        about = {"lr": rate, "momentum": momentum, "fused": fused, "nesterov": nesterov}
        self.param_groups = [{**about, **group} for group in groups]
        self.state: dict[Tensor, dict[str, Any]] = defaultdict(dict)

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next backward pass writes them and adds to none."""
        for parameter in self._parameters():
            parameter.grad = None

    def step(self) -> None:
        """Take one step by the gradients of the parameters that have one."""
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
        """Groups and velocities with parameters by their places, for a checkpoint; tensors are not copied."""
        place = {parameter: index for index, parameter in enumerate(self._parameters())}
        groups = [{**group, "params": [place[one] for one in group["params"]]} for group in self.param_groups]
        return {"state": {place[one]: dict(held) for one, held in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; raises ValueError unless as many parameters are in each group."""
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
