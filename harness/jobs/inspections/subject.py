"""What an inspection may look at: a trained net, its training, and the images and predictions its spec asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.ranked import ranked
from harness.data.splits import Split
from harness.data.views import central
from harness.errors import JobFailed
from harness.jobs import checkpoint
from harness.jobs.evaluation.evaluate import trained_network
from harness.jobs.observe import opened_split
from harness.jobs.pixels import load_pixels
from harness.jobs.recipe import Recipe
from harness.jobs.work import Work
from harness.models import Net, parse_model
from harness.models.layers import Traced, trace
from harness.models.network import Network
from harness.store.store import JobFolder


class Found(NamedTuple):
    """What came of an inspection."""

    values: dict[str, float]
    arrays: dict[str, NDArray[Any]]
    """What its picture is drawn from."""
    absent: Mapping[str, str] = MappingProxyType({})
    """By the name of a number that this net or this data set has not, why."""


class Predictions(NamedTuple):
    """What a net said of every image of a split, in the split's order."""

    probabilities: NDArray[np.float32]
    """[count, classes]."""
    labels: NDArray[np.int64]
    ids: list[str]


@dataclass(frozen=True)
class Subject:
    """A finished training and everything beside it, opened when it is asked for."""

    work: Work
    device: torch.device
    opened: ExitStack
    """Closes the splits."""
    splits: dict[str, Split] = field(default_factory=dict)
    """Opened so far."""

    @cached_property
    def training(self) -> dict[str, Any]:
        """The spec of the training."""
        spec: dict[str, Any] = self.work.inputs["network"].read_job()["spec"]
        return spec

    @property
    def seed(self) -> int:
        """Of the training."""
        return int(self.training["seed"])

    @property
    def classes(self) -> int:
        """That the net tells apart."""
        return int(self.training["classes"])

    @cached_property
    def recipe(self) -> Recipe:
        """How the net was trained."""
        return Recipe.parsed({"source": "", **self.training["recipe"]})

    @cached_property
    def model(self) -> Net:
        """The net, as a suite describes it."""
        return parse_model(self.training["model"])

    @cached_property
    def layers(self) -> tuple[Traced, ...]:
        """The net, layer by layer."""
        return tuple(trace(self.model.layers(self.classes), tuple(self.training["input"])))

    @cached_property
    def weights(self) -> dict[str, torch.Tensor]:
        """The trained tensors by name, on the CPU."""
        return checkpoint.load_weights(self.work.inputs["network"])

    @cached_property
    def network(self) -> Network:
        """The net on the device, as it is at test time."""
        return trained_network(self.work.inputs["network"], self.training, self.device).eval()

    @cached_property
    def mean(self) -> torch.Tensor:
        """The mean image of the training split, on the device."""
        return load_pixels(self.work.inputs["pixel_statistics"], self.device).mean

    def split(self, name: str) -> Split:
        """One split of the data that the spec names."""
        if name not in self.splits:
            self.splits[name] = self.opened.enter_context(opened_split(self.work, name))
        return self.splits[name]

    def tested_split(self) -> Split:
        """The split of the test among the inputs."""
        return self.split(self.work.inputs["test"].read_job()["spec"]["splits"][0])

    def views(self, split: Split, places: Sequence[int]) -> torch.Tensor:
        """The central views of a few images, uint8 [n, C, crop, crop], read one by one, for sizes may differ."""
        crop = self.recipe.crop
        return torch.cat([central(split.images([place]), crop) for place in places])

    def centred(self, views: torch.Tensor) -> torch.Tensor:
        """Central views as the net takes them: on the device, less the central part of the mean image."""
        inputs = views.to(self.device) - central(self.mean, self.recipe.crop)
        return inputs.contiguous(memory_format=torch.channels_last)

    def predictions(self, name: str) -> Predictions:
        """What the test among the inputs left, or JobFailed where it cannot be read."""
        folder: JobFolder = self.work.inputs[name]
        try:
            with np.load(folder.predictions, allow_pickle=False) as stored:
                return Predictions(stored["probabilities"], stored["labels"], stored["ids"].tolist())
        except (OSError, ValueError, KeyError) as error:
            raise JobFailed(f"{folder.predictions} cannot be read ({error}); move {folder.path} away") from None

    def diverged(self, name: str) -> bool:
        """Whether an input says so of itself; raises JobFailed where it is not finished."""
        result = self.work.inputs[name].read_result()
        if result is None:
            raise JobFailed(f"{self.work.inputs[name].path} has no result to inspect")
        return bool(result["outcome"] == "diverged")


def seeded_order(ids: Sequence[str], seed: int) -> list[int]:
    """The places of `ids`, no two alike, in an order that depends on the seed and on nothing but the ids themselves."""
    places = {identity: place for place, identity in enumerate(ids)}
    return [places[identity] for identity in ranked(ids, f"inspection {seed}")]


def one_of_each_class_first(places: Sequence[int], labels: Sequence[int], wanted: int) -> list[int]:
    """The first `wanted` of the places, no class twice while another has none; in the order given within each round."""
    seen: dict[int, int] = {}
    rounds: list[tuple[int, int, int]] = []
    for order, place in enumerate(places):
        turn = seen.get(labels[place], 0)
        seen[labels[place]] = turn + 1
        rounds.append((turn, order, place))
    return [place for _, _, place in sorted(rounds)[:wanted]]
