"""Carries out `Neighbours`: finds nearest training images, in features and in pixels, in one pass over the split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.data.splits import prefetch
from harness.data.views import central
from harness.jobs.inspections.neighbours import Neighbours
from harness.jobs.inspections.subject import Found, Subject, one_of_each_class_first, seeded_order
from harness.models.network import activations

BATCH = 256
"""Images that go through the net at once; limits memory and changes results by rounding only."""


@dataclass
class Nearest:
    """The nearest images found so far, for each of several queries."""

    distance: Tensor
    """Distances [queries, neighbours] in the space that is searched, ascending; infinite where no image was seen
    yet."""
    place: Tensor
    """Positions of the images in their split, int64 [queries, neighbours]."""
    pixel_distance: Tensor
    """Distances in pixels of the same images, [queries, neighbours]."""

    @staticmethod
    def nothing(queries: int, neighbours: int, device: torch.device) -> Nearest:
        """Return a search that has seen no image."""
        far = torch.full((queries, neighbours), torch.inf, dtype=torch.float64, device=device)
        return Nearest(far, torch.zeros_like(far, dtype=torch.int64), far.clone())

    def see(self, distance: Tensor, place: Tensor, pixel_distance: Tensor) -> None:
        """Take more images into account: distances [queries, images] and positions [images].

        Of equally near images the earlier stays.
        """
        kept = self.distance.shape[1]
        distances = torch.cat([self.distance, distance], 1)
        places = torch.cat([self.place, place.expand(len(distance), -1)], 1)
        pixels = torch.cat([self.pixel_distance, pixel_distance], 1)
        order = distances.sort(stable=True, dim=1).indices[:, :kept]
        self.distance, self.place, self.pixel_distance = (rows.gather(1, order) for rows in (distances, places, pixels))


@dataclass(frozen=True, slots=True)
class Search:
    """Result of one pass over the training images."""

    feature: Nearest
    pixel: Nearest
    mean_pixel_distance: Tensor
    """Mean distance over all training images, [queries]."""


@torch.no_grad()
def inspect(spec: Neighbours, subject: Subject) -> Found:
    """Find the neighbours of the spec's queries. All numbers are absent if there are too few training images."""
    queries, training = subject.split(spec.split), subject.split("train")
    if training.count < spec.neighbours:
        names = spec.quantities(subject.layers, subject.classes)
        return Found({}, {}, dict.fromkeys(names, f"only {training.count} training images"))
    chosen = seeded_order(queries.ids, spec.seed)[: spec.queries]
    found = search(spec, subject, subject.views(queries, chosen))
    labels = queries.labels[chosen]
    values = rates(found, labels, training.labels)
    return Found(values, shown(spec, subject, chosen, found))


def search(spec: Neighbours, subject: Subject, queries: Tensor) -> Search:
    """Compare every training image with the queries, which are central views, uint8 [n, C, crop, crop]."""
    training, device = subject.split("train"), subject.device
    query_features, query_pixels = (
        torch.cat(parts) for parts in zip(*(seen(subject, part) for part in torch.split(queries, BATCH)), strict=True)
    )
    feature, pixel = (Nearest.nothing(len(queries), spec.neighbours, device) for _ in range(2))
    total = torch.zeros(len(queries), dtype=torch.float64, device=device)
    batches = training.batches(BATCH)
    for places, images in subject.work.watched(prefetch(training, batches), len(batches), training.count):
        features, pixels = seen(subject, central(images, subject.recipe.crop))
        in_pixels = distances(query_pixels, pixels)
        total += in_pixels.sum(1)
        feature.see(distances(query_features, features), places.to(device), in_pixels)
        pixel.see(in_pixels, places.to(device), in_pixels)
    return Search(feature, pixel, total / training.count)


def seen(subject: Subject, views: Tensor) -> tuple[Tensor, Tensor]:
    """Return features and pixels of central views uint8 [n, C, crop, crop], each float64 [n, ...] on the device."""
    layer = subject.model.hidden_feature
    features = activations(subject.network, subject.centred(views), [layer])[layer]
    return features.flatten(1).double(), views.to(subject.device).flatten(1).double()


def distances(queries: Tensor, others: Tensor) -> Tensor:
    """Return the Euclidean distances [n, m] between rows of [n, d] and [m, d], in float64.

    Squared distances between pixels, which are integers, are exact.
    """
    squares = queries.square().sum(1)[:, None] + others.square().sum(1)[None] - 2 * queries @ others.T
    return squares.clamp_min(0).sqrt()


def rates(found: Search, labels: Tensor, training_labels: Tensor) -> dict[str, float]:
    """Return same-class rates and relative pixel distances, both in percent."""
    values = {}
    for kind, nearest in (("feature", found.feature), ("pixel", found.pixel)):
        same = training_labels[nearest.place.cpu()] == labels[:, None]
        values[f"{kind}_same_class_percent"] = float(100 * same.double().mean())
        relative = nearest.pixel_distance.mean(1) / found.mean_pixel_distance
        values[f"{kind}_distance_percent"] = float(100 * relative.mean())
    return values


def shown(spec: Neighbours, subject: Subject, chosen: Sequence[int], found: Search) -> dict[str, NDArray[Any]]:
    """Return the images and labels of the queries to show, with their neighbours of both kinds."""
    queries, training = subject.split(spec.split), subject.split("train")
    rows = one_of_each_class_first(range(len(chosen)), queries.labels[list(chosen)].tolist(), spec.shown)
    places = [chosen[row] for row in rows]
    arrays = {
        "images": subject.views(queries, places).numpy(),
        "labels": queries.labels[places].numpy(),
        "class_names": np.array(queries.classes),
    }
    for kind, nearest in (("feature", found.feature), ("pixel", found.pixel)):
        near = nearest.place[rows].cpu()
        images = subject.views(training, near.flatten().tolist())
        arrays[f"{kind}_images"] = images.view(*near.shape, *images.shape[1:]).numpy()
        arrays[f"{kind}_labels"] = training.labels[near].numpy()
    return arrays
