"""Evaluation: every image of a split seen through a protocol's views, their softmax outputs averaged and kept."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import torch

from harness.data.declared import VIEWS
from harness.data.splits import Split, prefetch
from harness.data.views import fixed_views
from harness.jobs import checkpoint
from harness.jobs.device import device_environment, on_device, set_up
from harness.jobs.observe import observed, opened_split
from harness.jobs.pixels import load_pixels
from harness.jobs.work import Work
from harness.metrics import tally
from harness.models import parse_model
from harness.models.network import Network, build
from harness.store import JobFolder, write_atomically

VIEWS_A_BATCH = 512
"""Views that go through the net at once; a memory setting that changes no result beyond rounding."""


def evaluate(work: Work) -> dict[str, Any]:
    """Test one trained net on a whole split; one that diverged, or whose outputs are no numbers, is given chance."""
    started = time.monotonic()
    device = set_up(work.runtime)
    trained, about = work.inputs["network"].read_result(), work.inputs["network"].read_job()
    assert trained is not None
    with opened_split(work, work.spec["splits"][0]) as split:
        found = outputs(work, split, about["spec"], device) if trained["outcome"] == "done" else None
        if found is not None and bool(found.isfinite().all()):
            outcome, values = "done", tally(found, split.labels).metrics()
            keep(work, split, found)
        else:
            outcome, values = "diverged", chance(about["spec"]["classes"])
        return {
            "outcome": outcome,
            "values": values,
            "data": [observed(split, work.runtime.locations)],
            "marks": trained["marks"],
            "environment": device_environment(device),
            "cost": {"seconds": time.monotonic() - started},
        }


def outputs(work: Work, split: Split, about: dict[str, Any], device: torch.device) -> torch.Tensor:
    """What the trained net, whose training `about` specifies, says of every image of the split."""
    pixels = load_pixels(work.inputs["pixel_statistics"], device)
    network = trained_network(work.inputs["network"], about, device)
    return probabilities(work, network, split, pixels.mean, about["recipe"]["crop"], work.spec["protocol"]["views"])


def trained_network(training: JobFolder, about: dict[str, Any], device: torch.device) -> Network:
    """The net of a finished train job of that spec, ready to be tested."""
    model = parse_model(about["model"])
    network = build(model.layers(about["classes"]), tuple(about["input"]))
    network.load_state_dict(checkpoint.load_weights(training))
    return on_device(network, device)


@torch.inference_mode()
def probabilities(
    work: Work, network: Network, split: Split, mean: torch.Tensor, crop: int, views: str
) -> torch.Tensor:
    """Softmax outputs [count, classes], float32 on the CPU, averaged over each image's views, in the split's order.

    The net and `mean` are on one device. Always in single precision, whatever the net was trained in.
    """
    network.eval()
    batches = torch.split(torch.arange(split.count), max(1, VIEWS_A_BATCH // VIEWS[views]))
    found = []
    for _, images in work.watched(prefetch(split, batches), len(batches), split.count):
        seen = fixed_views(images.to(mean.device), mean, crop, views)
        flat = seen.flatten(0, 1).to(memory_format=torch.channels_last)
        found.append(network(flat).float().softmax(1).view(*seen.shape[:2], -1).mean(1).cpu())
    return torch.cat(found)


def chance(classes: int) -> dict[str, float]:
    """The errors, in percent, of guessing."""
    return {
        "top1_error": 100 * (1 - 1 / classes),
        "top5_error": 100 * (1 - min(5, classes) / classes),
        "cross_entropy": float(np.log(classes)),
    }


def keep(work: Work, split: Split, found: torch.Tensor) -> None:
    """Store what the net said of each image."""
    buffer = io.BytesIO()
    np.savez(buffer, probabilities=found.numpy(), labels=split.labels.numpy(), ids=np.array(split.ids))
    write_atomically(work.folder.predictions, buffer.getbuffer())
