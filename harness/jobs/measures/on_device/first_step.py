"""Carries out `FirstStep`: logits, loss and gradients of a net with its first weights on random labels."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from harness.jobs.measures.on_device.nets import first_network, random_images
from harness.jobs.measures.propagation import FirstStep
from harness.jobs.measures.quantity import flat
from harness.jobs.randomness import generator
from harness.models.initialisation import drawn
from harness.models.network import child_name

LARGEST_EXPONENT = math.log(torch.finfo(torch.float32).max)
"""Largest number whose exponential is finite in float32."""


def measure(spec: FirstStep, seed: int | None, device: str) -> dict[str, float]:
    """Measure the quantities of a `FirstStep`."""
    assert seed is not None
    network = first_network(spec.net, spec.net.without_dropout(), spec.initialisation, seed, device)
    logits = network(random_images(spec.inputs, spec.net, spec.batch, seed, device))
    labels = torch.randint(logits.shape[1], (spec.batch,), generator=generator(seed, "labels")).to(device)
    loss = F.cross_entropy(logits, labels)
    found = list(drawn(spec.net.traced()))
    names = [name for name, _, _ in found]
    weights = [network.get_parameter(f"{child_name(one.name)}.{weight.name}") for _, one, weight in found]
    norms = [float(gradient.norm()) for gradient in torch.autograd.grad(loss, weights)]
    decay = spec.weight_decay * math.hypot(*(float(weight.detach().norm()) for weight in weights))
    logits = logits.detach()
    return {
        "largest_logit": float(logits.abs().max()),
        "logit_rms": float(logits.square().mean().sqrt()),
        "overflow_share": float(logits.abs().max()) / LARGEST_EXPONENT,
        "cross_entropy": float(loss.detach()),
        "gradient_norm": math.hypot(*norms),
        "largest_gradient_norm": max(norms),
        "smallest_gradient_norm": min(norms),
        "decay_norm": decay,
        "decay_over_gradient": decay / math.hypot(*norms),
        **{f"{flat(name)}_gradient_norm": norm for name, norm in zip(names, norms, strict=True)},
    }
