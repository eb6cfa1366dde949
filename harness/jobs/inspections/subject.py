"""The subject of an inspection: a trained net with its recipe, and the images and predictions that its spec needs."""

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
    """Result of an inspection."""

    values: dict[str, float]
    arrays: dict[str, NDArray[Any]]
    """Arrays from which the report draws the picture."""
    absent: Mapping[str, str] = MappingProxyType({})
    """Reasons for absent numbers, by the number's name."""


class Predictions(NamedTuple):
    """A net's predictions for every image of a split, in the split's order."""

    probabilities: NDArray[np.float32]
    """Class probabilities, [count, classes]."""
    labels: NDArray[np.int64]
    ids: list[str]


@dataclass(frozen=True)
class Subject:
    """A finished training and everything around it, loaded on first use."""

    work: Work
    device: torch.device
    opened: ExitStack
    """Stack that closes the splits."""
    splits: dict[str, Split] = field(default_factory=dict)
    """Splits opened so far, by name."""

    @cached_property
    def training(self) -> dict[str, Any]:
        """Spec of the train job."""
        spec: dict[str, Any] = self.work.inputs["network"].read_job()["spec"]
        return spec

    @property
    def seed(self) -> int:
        """Seed of the training."""
        return int(self.training["seed"])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.training["classes"])

    @cached_property
    def recipe(self) -> Recipe:
        """Recipe that the net was trained by."""
        return Recipe.parsed({"source": "", **self.training["recipe"]})

    @cached_property
    def model(self) -> Net:
        """The net as a suite describes it."""
        return parse_model(self.training["model"])

    @cached_property
    def layers(self) -> tuple[Traced, ...]:
        """Layers of the net with their shapes."""
        return tuple(trace(self.model.layers(self.classes), tuple(self.training["input"])))

    @cached_property
    def weights(self) -> dict[str, torch.Tensor]:
        """Trained tensors by name, on the CPU."""
        return checkpoint.load_weights(self.work.inputs["network"])

    @cached_property
    def network(self) -> Network:
        """The net on the device, in test mode."""
        return trained_network(self.work.inputs["network"], self.training, self.device).eval()

    @cached_property
    def mean(self) -> torch.Tensor:
        """Mean image of the training split, on the device."""
        return load_pixels(self.work.inputs["pixel_statistics"], self.device).mean

    def split(self, name: str) -> Split:
        """Open a split of the spec's data, or return it if it is open."""
        if name not in self.splits:
            self.splits[name] = self.opened.enter_context(opened_split(self.work, name))
        return self.splits[name]

    def tested_split(self) -> Split:
        """Open the split that the test among the inputs used."""
        return self.split(self.work.inputs["test"].read_job()["spec"]["splits"][0])

    def views(self, split: Split, places: Sequence[int]) -> torch.Tensor:
        """Return the central views of a few images, uint8 [n, C, crop, crop]; images may differ in size."""
        crop = self.recipe.crop
        return torch.cat([central(split.images([place]), crop) for place in places])

    def centred(self, views: torch.Tensor) -> torch.Tensor:
        """Move central views to the device and subtract the central part of the mean image, as the net needs them."""
        inputs = views.to(self.device) - central(self.mean, self.recipe.crop)
        return inputs.contiguous(memory_format=torch.channels_last)

    def predictions(self, name: str) -> Predictions:
        """Return the predictions of a test among the inputs. Raises JobFailed if they cannot be read."""
        folder: JobFolder = self.work.inputs[name]
        try:
            with np.load(folder.predictions, allow_pickle=False) as stored:
                return Predictions(stored["probabilities"], stored["labels"], stored["ids"].tolist())
        except (OSError, ValueError, KeyError) as error:
            raise JobFailed(f"{folder.predictions} cannot be read ({error}); move {folder.path} away") from None

    def diverged(self, name: str) -> bool:
        """Return whether the net of an input diverged. Raises JobFailed if the input has no result."""
        result = self.work.inputs[name].read_result()
        if result is None:
            raise JobFailed(f"{self.work.inputs[name].path} has no result to inspect")
        return bool(result["outcome"] == "diverged")


def seeded_order(ids: Sequence[str], seed: int) -> list[int]:
    """Return the positions of `ids` in an order that depends only on the seed and on the ids; the ids must differ."""
    places = {identity: place for place, identity in enumerate(ids)}
    return [places[identity] for identity in ranked(ids, f"inspection {seed}")]


def one_of_each_class_first(places: Sequence[int], labels: Sequence[int], wanted: int) -> list[int]:
    """Return the first `wanted` of `places`, one of every class before a second of any class.

    Within each round the given order stays.

    >>> one_of_each_class_first([0, 1, 2], [0, 0, 1], 2)
    [0, 2]
    """
    seen: dict[int, int] = {}
    rounds: list[tuple[int, int, int]] = []
    for order, place in enumerate(places):
        turn = seen.get(labels[place], 0)
        seen[labels[place]] = turn + 1
        rounds.append((turn, order, place))
    return [place for _, _, place in sorted(rounds)[:wanted]]
