"""Carries out `Gradients`: norms of the loss gradient and of the weight-decay term, layer by layer."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from harness.jobs.inspections.gradients import Gradients
from harness.jobs.inspections.subject import Found, Subject, seeded_order
from harness.jobs.measures.quantity import flat
from harness.models.initialisation import drawn
from harness.models.network import child_name


def inspect(spec: Gradients, subject: Subject) -> Found:
    """Measure both norms on the spec's batch. Their ratio is absent if the gradient is exactly zero."""
    split = subject.split("train")
    batch = seeded_order(split.ids, spec.seed)[: spec.batch]
    inputs = subject.centred(subject.views(split, batch))
    found = list(drawn(subject.layers))
    names = [name for name, _, _ in found]
    weights = [subject.network.get_parameter(f"{child_name(one.name)}.{weight.name}") for _, one, weight in found]
    loss = F.cross_entropy(subject.network(inputs).float(), split.labels[batch].to(subject.device))
    gradients = [_norm(gradient) for gradient in torch.autograd.grad(loss, weights)]
    decay = subject.recipe.optimiser.decay_of_weights
    return summary(float(loss.detach()), names, gradients, [decay * _norm(weight) for weight in weights])


def summary(loss: float, names: list[str], gradients: list[float], decays: list[float]) -> Found:
    """Collect the norms by layer and over all weights."""
    values = {"loss": loss}
    for name, gradient, decay in zip(names, gradients, decays, strict=True):
        values |= {f"{flat(name)}_gradient": gradient, f"{flat(name)}_decay": decay}
    values |= {"gradient": math.hypot(*gradients), "decay": math.hypot(*decays)}
    arrays = {"layers": np.array(names), "gradients": np.array(gradients), "decays": np.array(decays)}
    if values["gradient"] == 0:
        return Found(values, arrays, {"decay_to_gradient": "the gradient of the loss is zero"})
    return Found(values | {"decay_to_gradient": values["decay"] / values["gradient"]}, arrays)


def _norm(tensor: torch.Tensor) -> float:
    return float(tensor.detach().double().norm())
