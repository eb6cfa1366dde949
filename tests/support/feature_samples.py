"""Mixtures, photographs and jobs of features for tests: small, and the same whenever they are asked for."""

from __future__ import annotations

import io
import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from harness.data.locate import Locations
from harness.jobs.features.descriptor_specs import DenseSift, Hog, HogLbp
from harness.jobs.features.feature_specs import Feature, FisherVector, LocalCoordinate, SuperVector
from harness.jobs.features.learn_vocabulary import learn_vocabulary
from harness.jobs.features.mixture import Vocabulary
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder

DIGITS = {"name": "digits", "subset": {"classes": 10, "per_class": 12, "seed": 0}, "prepare": {"short_side": 32}}
SIFT = DenseSift(what="dense_sift", sides=[16, 24], step=4)
FEATURE = FisherVector(
    what="fisher_vector", descriptor=SIFT, dimensions=6, gaussians=3, images=40, per_image=10, regions=[(1, 1), (3, 1)]
)
SIZES = {"dimensions": 6, "images": 40, "per_image": 10, "regions": [(1, 1), (3, 1)]}
COORDINATES = LocalCoordinate(
    what="local_coordinate", descriptor=Hog(what="hog", sides=[16, 24], step=4), anchors=12, **SIZES
)
SUPER = SuperVector(what="super_vector", descriptor=HogLbp(what="hog_lbp", sides=[16, 24], step=4), words=3, **SIZES)


def mixture(gaussians: int, dimensions: int, kind: type = np.float64) -> Vocabulary:
    """A mixture over descriptors that are taken as they are."""
    draws = np.random.default_rng(7)
    weights = draws.dirichlet(np.full(gaussians, 5.0))
    means, variances = draws.normal(size=(gaussians, dimensions)), draws.uniform(0.3, 2, (gaussians, dimensions))
    arrays = (np.zeros(dimensions), np.eye(dimensions), weights, means, variances)
    return Vocabulary(*(one.astype(kind) for one in arrays))


def photographs(count: int, side: int, channels: int = 1) -> np.ndarray:
    """Smooth random images, uint8 [count, channels, side, side]."""
    noise = np.random.default_rng(3).uniform(0, 255, (count * channels, side, side)).astype(np.float32)
    smooth = np.stack([cv2.GaussianBlur(image, (0, 0), 2) for image in noise])
    stretched = (smooth - smooth.min()) / (smooth.max() - smooth.min()) * 255
    return stretched.astype(np.uint8).reshape(count, channels, side, side)


def work(folder: Path, spec: dict[str, Any], stop: StopSignal | None = None, **inputs: JobFolder) -> Work:
    """The arguments of a job in a folder, on one thread."""
    folder.mkdir(exist_ok=True)
    runtime = Runtime(Locations.gather(config_files=()), device="cpu", threads=1)
    return Work(spec, JobFolder(folder), inputs, runtime, Progress(io.StringIO()), stop or StopSignal())


class StopsAfter(StopSignal):
    """Stops a job, as a signal would, once it has looked so many times."""

    looks = 0

    @classmethod
    def of(cls, looks: int) -> StopsAfter:
        """A signal that comes at this look."""
        found = cls()
        found.looks = looks
        return found

    def raise_if_asked(self) -> None:
        """Count down, and then raise Interrupted."""
        self.looks -= 1
        if self.looks == 0:
            self.number = signal.SIGTERM
        super().raise_if_asked()


def vocabulary_of(folder: Path, seed: int = 0, feature: Feature = FEATURE) -> JobFolder:
    """A vocabulary of a few digits, learned."""
    spec = {"data": DIGITS, "splits": ["train"], "feature": feature.model_dump(mode="json"), "seed": seed}
    asked = work(folder, spec)
    asked.folder.write_result(learn_vocabulary(asked))
    return asked.folder


def encoding(
    folder: Path,
    vocabulary: JobFolder,
    split: str = "train",
    stop: StopSignal | None = None,
    feature: Feature = FEATURE,
) -> Work:
    """A job that encodes a split of these digits."""
    spec = {"data": DIGITS, "splits": [split], "feature": feature.model_dump(mode="json")}
    return work(folder, spec, stop, vocabulary=vocabulary)
