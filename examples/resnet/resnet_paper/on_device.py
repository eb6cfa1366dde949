"""Measures the responses of a trained net's layers."""

from __future__ import annotations

import numpy as np
import torch

from harness.jobs.inspections.subject import Found, Subject, seeded_order
from harness.jobs.measures.quantity import flat
from harness.models.network import child_name
from resnet_paper.responses import Responses, normalised


def inspect(spec: Responses, subject: Subject) -> Found:
    """The std of each layer's responses and their mean."""
    split = subject.split("train")
    images = seeded_order(split.ids, spec.seed)[: spec.images]
    inputs = subject.centred(subject.views(split, images))
    wanted = {child_name(norm): conv for conv, norm in normalised(subject.layers).items()}
    stds: dict[str, float] = {}
    with torch.inference_mode():
        for name, output in subject.network.passing(inputs):
            if name in wanted:
                stds[wanted[name]] = float(output.double().std(correction=0))
    values = {f"{flat(conv)}_std": std for conv, std in stds.items()}
    arrays = {"layers": np.array(list(stds)), "stds": np.array(list(stds.values()))}
    return Found({**values, "mean_std": float(np.mean(list(stds.values())))}, arrays)
