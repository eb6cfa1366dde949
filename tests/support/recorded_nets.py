"""Recorded results of nets of every registered kind: first weights, three steps, counts.

Run as a program, it prints the content of `tests/golden/nets.json`, which commit af83622 produced; nets that the
registry has had since were added when they came.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import torch
from measure_specs import CHAIN, EQ14, RECIPE, SMALL, XAVIER, measured

from harness.jobs.device import on_device, repeats_on, set_up
from harness.jobs.randomness import seed_step
from harness.jobs.ranks import ALONE
from harness.jobs.recipe import Recipe
from harness.jobs.training.first_weights import initialised
from harness.jobs.training.optimiser import make_optimiser, set_rate
from harness.jobs.training.step import Step
from harness.machine.runtime import Runtime
from harness.models.network import weights_sha256

STEM = {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]}
GAUSSIAN = {"rule": "gaussian", "std": 0.05, "gain": "paper_fan_in", "bias_one": ["conv2", "conv4", "conv5", "fc6"]}
LAST = {"fc_std": [0.05, 0.05, 0.01], "gain": "paper_fan_in"}
SLOPED = {"width": 0.06, "activation": "prelu_channel", "dropout": 0.3}

NETS: dict[str, dict[str, Any]] = {
    "alexnet": {"model": {"name": "alexnet", "width": 0.06, "stem": STEM}, "rule": GAUSSIAN},
    "alexnet_ablated": {
        "model": {"name": "alexnet", "width": 0.06, "stem": STEM, "groups": 1, "norm_groups": 2, "without": ["conv4"]},
        "rule": GAUSSIAN,
    },
    "alexnet_released": {
        "model": {"name": "alexnet_released", "run": "146-2011", "width": 0.06, "stem": STEM},
        "rule": {**GAUSSIAN, "std_of": {"conv3": 0.08}},
    },
    "cifar_conv": {"model": {"name": "cifar_conv", "width": 0.3, "hidden": 64}, "rule": {"rule": "xavier"}},
    "cifar_local": {
        "model": {"name": "cifar_local", "width": 0.2},
        "rule": {"rule": "gaussian", "std": 0.03, "std_of": {"local3": 0.04}},
    },
    "prelu_small": {
        "model": {"name": "prelu_small", **SLOPED, "stem": STEM, "levels": [2, 1]},
        "rule": {"rule": "prelu_backward", **LAST},
        "decays": "all",
    },
    "prelu_large": {
        "model": {"name": "prelu_large", "variant": "a", **SLOPED, "stem": STEM, "without_pools": ["pool3"]},
        "rule": {"rule": "prelu_forward", **LAST},
    },
    "vgg": {
        "model": {"name": "vgg", "variant": "vgg_b", "width": 0.06, "activation": "leaky", "levels": [2, 1]},
        "rule": {"rule": "he_forward", "factor": 1.1},
    },
    "googlenet": {
        "model": {"name": "googlenet", "width": 0.06, "stem": STEM, "without_pools": ["pool3"]},
        "rule": {"rule": "he_forward"},
    },
    "googlenet_torchvision": {
        "model": {"name": "googlenet_torchvision", "width": 0.06, "stem": STEM, "without_pools": ["pool3"]},
        "rule": {"rule": "xavier"},
    },
    "spp_zf5": {"model": {"name": "spp_zf5", "width": 0.06, "stem": STEM}, "rule": {"rule": "he_backward", **LAST}},
    "spp_overfeat7": {
        "model": {"name": "spp_overfeat7", "width": 0.06, "stem": STEM, "without_pools": ["pool2"]},
        "rule": {"rule": "he_backward", **LAST},
    },
}
"""Small nets of every name in the registry, with rules that together read every property of a net that a rule reads."""

MEASURES: dict[str, dict[str, Any]] = {
    **{
        f"network_{name}": {"what": "network", "net": {"model": one["model"], "classes": 10, "input": [3, 32, 32]}}
        for name, one in NETS.items()
    },
    **{
        f"stds_{name}": {
            "what": "stds",
            "net": {"model": one["model"], "classes": 10, "input": [3, 32, 32]},
            "initialisation": one["rule"],
        }
        for name, one in NETS.items()
    },
    "configuration": {"what": "configuration", "recipe": RECIPE, "model": {"name": "alexnet"}},
    "products": {
        "what": "variance_products",
        "net": {"model": {"name": "prelu_large", "variant": "b"}, "classes": 1000, "input": [3, 224, 224]},
        "initialisation": EQ14,
    },
    "products_alexnet": {
        "what": "variance_products",
        "net": {"model": {"name": "alexnet", "response_norm": False}, "classes": 1000, "input": [3, 224, 224]},
        "initialisation": EQ14,
    },
    "attenuation": {"what": "attenuation", "net": CHAIN, "initialisation": XAVIER, "against": EQ14},
    "first_step": {"what": "first_step", "net": SMALL, "initialisation": EQ14, "batch": 2},
    "propagation": {"what": "propagation", "net": CHAIN, "initialisation": EQ14, "batch": 2},
    "rescaling": {"what": "rescaling", "net": CHAIN, "initialisation": XAVIER, "against": EQ14, "batch": 2},
}
"""Measurements of nets; those of a device come last."""

DRAWN = ("first_step", "propagation", "rescaling")


def measurement(name: str) -> dict[str, float]:
    """Return every number of one measurement."""
    spec = dict(MEASURES[name])
    return measured(spec.pop("what"), 0 if name in DRAWN else None, **spec)


def net(name: str) -> dict[str, Any]:
    """Return digests of the first weights and of those after three steps, with a drop of the rate, and the losses."""
    device = set_up(Runtime(device="cpu", threads=1))
    one = NETS[name]
    optimiser = {**RECIPE["optimiser"], "decays": one.get("decays", "weights")}
    content = {**RECIPE, "initialisation": one["rule"], "optimiser": optimiser}
    recipe = Recipe.parsed(content)
    network = initialised({"model": one["model"], "classes": 10, "input": [3, 32, 32], "seed": 5}, recipe)
    first = weights_sha256(network)
    network = on_device(network, device).train()
    step = Step(network, make_optimiser(network, recipe.optimiser, 0.02), "fp32", None, ALONE, 8)
    draws, losses = torch.Generator().manual_seed(3), []
    for number in range(3):
        views = torch.randn(8, 3, 32, 32, generator=draws).to(memory_format=torch.channels_last)
        target = torch.randint(10, (8,), generator=draws)
        seed_step(5, 0, number)
        if number == 2:
            set_rate(step.optimiser, 0.002)
        loss, _ = step(views, target)
        losses.append(float(loss))
    return {"first": first, "losses": losses, "after": weights_sha256(network), "names": names(network)}


def names(network: torch.nn.Module) -> str:
    """Return a digest of the tensors' names in their order, by which checkpoints and imports find them."""
    return hashlib.sha256("\n".join(network.state_dict()).encode()).hexdigest()[:16]


def place() -> dict[str, Any]:
    """Return everything about this machine that the digests after training steps depend on."""
    return repeats_on(set_up(Runtime(device="cpu", threads=1)))


def everything() -> dict[str, Any]:
    """Return the content of the golden file."""
    nets = {name: net(name) for name in NETS}
    return {"place": place(), "nets": nets, "measurements": {name: measurement(name) for name in MEASURES}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(everything(), indent=1, sort_keys=True) + "\n")
