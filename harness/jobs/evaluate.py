"""Evaluation: every image of a split seen through a protocol's views, their softmax outputs averaged and kept."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import torch

from harness.data.declared import DataSpec
from harness.data.splits import Split, open_split, prefetch
from harness.data.views import fixed_views
from harness.errors import JobFailed
from harness.jobs import checkpoint
from harness.jobs.device import device_environment, on_device, set_up
from harness.jobs.observe import observed
from harness.jobs.pixels import load_pixels
from harness.jobs.work import Work
from harness.metrics import tally
from harness.models import parse_model
from harness.models.network import Network, build
from harness.store import write_atomically

VIEWS_A_BATCH = 512
"""Views that go through the net at once; a memory setting that changes no result beyond rounding."""


def evaluate(work: Work) -> dict[str, Any]:
    """Test one trained net on a whole split; a net that diverged is given chance."""
    spec, started = work.spec, time.monotonic()
    device = set_up(work.runtime)
    training = work.inputs["network"]
    trained, about = training.read_result(), training.read_job()
    if trained is None:
        raise JobFailed(f"{training.path} has no result to test")
    split = open_split(DataSpec.parsed(spec["data"]), spec["splits"][0], work.runtime.locations)
    if trained["outcome"] == "diverged":
        values = chance(about["spec"]["classes"])
    else:
        pixels = load_pixels(work.inputs["pixel_statistics"], device)
        network = trained_network(training, about["spec"], device)
        views = spec["protocol"]["views"]
        found = probabilities(network, split, pixels.mean, about["spec"]["recipe"]["crop"], views, device, work)
        values = tally(found, split.labels).metrics()
        keep(work, split, found)
    return {
        "outcome": trained["outcome"],
        "values": values,
        "data": [observed(split, work.runtime.locations)],
        "marks": trained["marks"],
        "environment": device_environment(device),
        "cost": {"seconds": time.monotonic() - started},
    }


def trained_network(training: Any, about: dict[str, Any], device: torch.device) -> Network:
    """The net of a finished train job, ready to be tested."""
    model = parse_model(about["model"])
    network = build(model.layers(about["classes"]), tuple(about["input"]))
    network.load_state_dict(checkpoint.load_weights(training))
    return on_device(network, device)


@torch.inference_mode()
def probabilities(
    network: Network,
    split: Split,
    mean: torch.Tensor,
    crop: int,
    views: str,
    device: torch.device,
    work: Work | None = None,
) -> torch.Tensor:
    """Softmax outputs [count, classes], float32 on the CPU, averaged over each image's views, in the split's order.

    Always in single precision, whatever the net was trained in.
    """
    network.eval()
    per_image = 10 if views == "ten_crop" else 1
    batches = torch.split(torch.arange(split.count), max(1, VIEWS_A_BATCH // per_image))
    found, started = [], time.monotonic()
    for index, (_, images) in enumerate(prefetch(split, batches)):
        seen = fixed_views(images.to(device), mean, crop, views)
        flat = seen.flatten(0, 1).to(memory_format=torch.channels_last)
        outputs = network(flat).float().softmax(1)
        found.append(outputs.view(*seen.shape[:2], -1).mean(1).cpu())
        if work is not None:
            show(work, (index + 1) / len(batches), split.count, time.monotonic() - started)
    return torch.cat(found)


def show(work: Work, done: float, count: int, seconds: float) -> None:
    """Draw how far the test is, and stop between two batches if asked to."""
    work.progress.moving(done, f"{done * count / seconds:,.0f} img/s", seconds / done - seconds)
    work.stop.raise_if_asked("the same command goes on with this test")


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
    write_atomically(work.folder.predictions, buffer.getvalue())
