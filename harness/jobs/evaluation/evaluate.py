"""Evaluation: tests a net on every image of a split and stores softmax outputs, averaged over a protocol's views."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.data.declared import VIEWS
from harness.data.spec import DataSpec
from harness.data.splits import Split, prefetch
from harness.data.transfer import sent
from harness.data.views import central, fixed_views
from harness.jobs import checkpoint
from harness.jobs.device import device_environment, on_device, set_up
from harness.jobs.evaluation.dense import DenseNetwork
from harness.jobs.metrics import tally
from harness.jobs.observe import observed, opened_split
from harness.jobs.pixels import load_pixels
from harness.jobs.ranks import joined
from harness.jobs.recipe import Protocol
from harness.jobs.work import Work
from harness.models import parse_model
from harness.models.network import Network, build
from harness.store.store import JobFolder, write_atomically
from harness.vocabulary import guessing

VIEWS_A_BATCH = 512
"""Views that go through the net at once; limits memory and changes results by rounding only."""

DENSE_VIEWS = 8
"""Number of views that one whole image counts as in a batch; `DenseNetwork` divides batches further by image size."""


def evaluate(work: Work) -> dict[str, Any]:
    """Test one trained net on a whole split.

    A net that diverged, or whose outputs are not finite, gets the metrics of guessing. A split without labels gives
    predictions but no values.
    """
    started = time.monotonic()
    device = set_up(work.runtime)
    trained, about = work.inputs["network"].read_result(), work.inputs["network"].read_job()
    assert trained is not None
    protocol = Protocol.parsed({"source": "", **work.spec["protocol"]})
    with ExitStack() as opened:
        passes = opened_passes(work, protocol, opened)
        split = passes[0]
        found = None
        if trained["outcome"] == "done":
            network = trained_network(work.inputs["network"], about["spec"], device)
            found = outputs(work, passes, about["spec"], network, protocol, device)
        if found is not None and bool(found.isfinite().all()):
            outcome, values = "done", tally(found, split.labels).metrics() if split.labelled else {}
            keep(work, split, found)
        else:
            outcome, values = "diverged", guessing(about["spec"]["classes"]) if split.labelled else {}
        return {
            "outcome": outcome,
            "values": values,
            "data": [observed(split, work.runtime.locations)],
            "marks": trained["marks"],
            "environment": device_environment(device),
            "cost": {"seconds": time.monotonic() - started},
            **({} if work.runtime.micro_batch is None else {"micro_batch": work.runtime.micro_batch}),
            **joined().record(),
        }


def opened_passes(work: Work, protocol: Protocol, opened: ExitStack) -> list[Split]:
    """Open the images of every pass of a test, prepared for that pass; `opened` closes the splits."""
    prepares = protocol.prepares(DataSpec.parsed(work.spec["data"]).prepare)
    whole = [opened.enter_context(opened_split(work, work.spec["splits"][0], prepare)) for prepare in prepares]
    if protocol.sample is None:
        return whole
    return [opened.enter_context(closing(split.sample(protocol.sample))) for split in whole]


def outputs(
    work: Work,
    passes: list[Split],
    training: dict[str, Any],
    network: Network,
    protocol: Protocol,
    device: torch.device,
) -> torch.Tensor:
    """Return a net's softmax outputs, float32 [count, classes], averaged with equal weight over the passes.

    `training` is the spec of the net's train job. Each pass is closed when it is done.
    """
    look, total = look_of(work, training, network, protocol, device), torch.zeros((), dtype=torch.float64)
    for split in passes:
        total = total + probabilities(look, split, device, work).double()
        split.close()
    return (total / len(passes)).float()


def look_of(work: Work, training: dict[str, Any], network: Network, protocol: Protocol, device: torch.device) -> Look:
    """Return the way in which a protocol shows images to the net of a train job; `training` is that job's spec."""
    mean, crop = load_pixels(work.inputs["pixel_statistics"], device).mean, training["recipe"]["crop"]
    if training["recipe"]["augmentation"]["mean"] == "centre_crop":
        mean = central(mean, crop)
    if protocol.views == "dense":
        last_map, window = parse_model(training["model"]).last_map, protocol.window
        assert last_map is not None
        assert window is not None
        return windows_look(DenseNetwork.cut(network, last_map, window), mean, flips=protocol.flips)
    # The mean image has no pixels that correspond to those of a rescaled image.
    return views_look(network, mean if protocol.scales is None else central(mean, crop), crop, protocol.views)


def trained_network(training: JobFolder, about: dict[str, Any], device: torch.device) -> Network:
    """Return the trained net of a finished train job; `about` is that job's spec."""
    model = parse_model(about["model"])
    network = build(model.layers(about["classes"]), tuple(about["input"]))
    network.load_state_dict(checkpoint.load_weights(training))
    return on_device(network, device)


@dataclass(frozen=True, slots=True)
class Look:
    """A function from images of one size to scores, with the network it uses.

    It takes uint8 images [N, C, H, W] on the network's device and returns softmax scores [N, classes].
    """

    network: torch.nn.Module
    scores: Callable[[torch.Tensor], torch.Tensor]
    views: int = 1
    """Views of one image that go through the net at once."""


def views_look(network: Network, mean: torch.Tensor, crop: int, views: str) -> Look:
    """Return a look that averages fixed views of each image; see `fixed_views` for `mean` and the images."""

    def scores(images: torch.Tensor) -> torch.Tensor:
        seen = fixed_views(images, mean, crop, views)
        flat = seen.flatten(0, 1).to(memory_format=torch.channels_last)
        outputs: torch.Tensor = network(flat).float().softmax(1)
        return outputs.view(*seen.shape[:2], -1).mean(1)

    return Look(network, scores, VIEWS[views])


def windows_look(dense: DenseNetwork, mean: torch.Tensor, *, flips: bool) -> Look:
    """Return a look that averages every window of the whole image, after subtracting the mean of each colour.

    A window's position in the image has no counterpart in the mean image, which is only as large as a view (PReLU,
    section 3), or square where images are not. So subtracting the mean over `mean` of each colour is our choice. It
    deviates from a paper that subtracts the mean of each pixel.
    """
    colours = mean.mean((1, 2), keepdim=True)

    def scores(images: torch.Tensor) -> torch.Tensor:
        return dense.scores((images - colours).to(memory_format=torch.channels_last), flips=flips)

    return Look(torch.nn.ModuleList([dense.maps, dense.rest]), scores, DENSE_VIEWS)


@torch.inference_mode()
def probabilities(look: Look, split: Split, device: torch.device, work: Work) -> torch.Tensor:
    """Return softmax outputs, float32 [count, classes] on the CPU, in the split's order, averaged over views.

    The network is on `device` and computes in single precision, whatever precision it was trained in.
    """
    look.network.eval()
    views = min(VIEWS_A_BATCH, work.runtime.micro_batch or VIEWS_A_BATCH)
    batches, ranks = split.batches(max(1, views // look.views)), joined()
    mine = ranks.mine(batches)
    passing = work.watched(prefetch(split, mine), len(mine), sum(map(len, mine)))
    found = ranks.gathered(look.scores(sent(images, device)).cpu() for _, images in passing)
    return torch.cat(found)[torch.cat(batches).argsort()]


def keep(work: Work, split: Split, found: torch.Tensor) -> None:
    """Store the prediction for every image; column i of `probabilities` belongs to the class `classes[i]`."""
    if not joined().first:
        return
    buffer = io.BytesIO()
    ids, classes = np.array(split.ids), np.array(split.classes)
    np.savez(buffer, probabilities=found.numpy(), labels=split.labels.numpy(), ids=ids, classes=classes)
    write_atomically(work.folder.predictions, buffer.getbuffer())
