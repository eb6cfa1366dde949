"""The net at the start of a training: drawn from the seed alone, or with weights taken over from another net."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch

from harness.jobs.randomness import generator
from harness.jobs.recipe import Recipe
from harness.models import parse_model
from harness.models.initialisers import initialise
from harness.models.layers import trace
from harness.models.network import Network, build


def initialised(spec: dict[str, Any], recipe: Recipe) -> Network:
    """Return the net of a spec with its first weights, which depend only on the seed."""
    model, shape = parse_model(spec["model"]), tuple(spec["input"])
    layers = model.layers(spec["classes"])
    network = build(layers, shape)
    draws = generator(spec["seed"], "weights")
    traced, full = tuple(trace(layers, shape)), model.full_size(spec["classes"])
    initialise(network, traced, recipe.initialisation, draws, full, model.left_out)
    return network


def start_from(network: Network, weights: dict[str, torch.Tensor], takes: Collection[str] | None = None) -> None:
    """Copy every tensor of `weights` whose name and shape match one of `network`; the others keep their first weights.

    With `takes`, only tensors of the layers named there are copied.
    """
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in weights.items() if name in own and own[name].shape == tensor.shape}
    if takes is not None:
        fitting = {name: tensor for name, tensor in fitting.items() if name.rpartition(".")[0] in takes}
    network.load_state_dict(own | fitting)
