"""A net as a training begins with it: drawn from the seed alone, or taken over from another net."""

from __future__ import annotations

from typing import Any

import torch

from harness.jobs.randomness import generator
from harness.jobs.recipe import Recipe
from harness.models import parse_model
from harness.models.initialisers import initialise
from harness.models.layers import trace
from harness.models.network import Network, build


def initialised(spec: dict[str, Any], recipe: Recipe) -> Network:
    """The net of a spec with its first weights, which depend on the seed alone."""
    model, shape = parse_model(spec["model"]), tuple(spec["input"])
    layers = model.layers(spec["classes"])
    network = build(layers, shape)
    draws = generator(spec["seed"], "weights")
    traced, full = tuple(trace(layers, shape)), model.full_size(spec["classes"])
    initialise(network, traced, recipe.initialisation, draws, full, model.left_out)
    return network


def start_from(network: Network, weights: dict[str, torch.Tensor]) -> None:
    """Take over every tensor of another net that has the same name and shape; the rest keep their first weights."""
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in weights.items() if name in own and own[name].shape == tensor.shape}
    network.load_state_dict(own | fitting)
