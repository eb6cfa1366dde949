"""A net with first weights, its test and its pixel statistics, stored as if the net had been trained."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.data.locate import Locations
from harness.data.spec import DataSpec, Prepare
from harness.data.splits import Split, open_split
from harness.data.statistics import pixel_statistics
from harness.jobs import checkpoint
from harness.jobs.inspections.job import inspect
from harness.jobs.recipe import Recipe
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.models import parse_model
from harness.models.layers import trace
from harness.models.network import build
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder, write_json
from harness.suite.file import RecipesFile
from harness.suite.shipped import shipped_suites
from harness.suite.typed_yaml import load_document

ALEXNET = {"name": "alexnet", "width": 0.05, "stem": {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]}}
DIGITS = DataSpec(name="digits", prepare=Prepare(short_side=32))
CROP = 28


def recipe() -> Recipe:
    """Return AlexNet's own recipe for views of 28 pixels."""
    shared = load_document(shipped_suites() / "papers" / "alexnet" / "recipes.yaml", RecipesFile)
    return shared.recipes["alexnet"].model_copy(update={"crop": CROP, "prepare": DIGITS.prepare})


@dataclass
class InspectedNet:
    """The folders of a store: a training, its test, another net's test, and the pixel statistics."""

    root: Path
    model: dict[str, Any] = field(default_factory=lambda: dict(ALEXNET))
    channels: int = 1
    classes: int = 10
    locations: Locations = field(default_factory=Locations)
    seen: list[dict[str, Any]] = field(default_factory=list)
    """Data records for its results."""

    def __post_init__(self) -> None:
        layers = parse_model(self.model).layers(self.classes)
        self.traced = tuple(trace(layers, (self.channels, CROP, CROP)))
        self.network = build(layers, (self.channels, CROP, CROP))
        draws = torch.Generator().manual_seed(0)
        for name, tensor in self.network.named_parameters():
            if tensor.dim() > 1:
                fan_in = tensor[0].numel()
                tensor.data = torch.randn(tensor.shape, generator=draws) * (2 / fan_in) ** 0.5
            else:
                tensor.data.fill_(0.25 if name.endswith("activation.weight") else 0.0)
        spec = {
            "model": self.model,
            "classes": self.classes,
            "input": [self.channels, CROP, CROP],
            "recipe": recipe().model_dump(mode="json", exclude={"source"}),
            "seed": 0,
        }
        self.folder("network", spec)
        self.keep_weights()
        self.finish("network", "done")
        self.folder("pixel_statistics", {})
        arrays(self.inputs("pixel_statistics").pixels, mean=pixel_statistics(self.split("train")).mean.numpy())

    def inputs(self, name: str) -> JobFolder:
        """Return the folder of one input."""
        return JobFolder(self.root / name)

    def folder(self, name: str, spec: dict[str, Any]) -> JobFolder:
        """Create a folder with its `job.json`."""
        folder = self.inputs(name)
        folder.path.mkdir(parents=True, exist_ok=True)
        write_json(folder.job, {"key": "0" * 64, "spec": spec})
        return folder

    def finish(self, name: str, outcome: str) -> None:
        """Write the result of an input."""
        self.inputs(name).write_result({"outcome": outcome, "marks": ["a mark"], "data": self.seen})

    def keep_weights(self) -> None:
        """Store the net's current weights."""
        checkpoint.save_weights(self.inputs("network"), dict(self.network.state_dict()))

    def split(self, name: str) -> Split:
        """Open one split of the digits."""
        return open_split(DIGITS, name, self.locations)

    def tested(self, probabilities: np.ndarray, *, name: str = "test", first: int = 0) -> None:
        """Store a test of the net with these predictions [n, classes] for the images from `first` on."""
        split = self.split("test")
        stop = first + len(probabilities)
        folder = self.folder(name, {"splits": ["test"]})
        arrays(
            folder.predictions,
            probabilities=probabilities.astype(np.float32),
            labels=split.labels.numpy()[first:stop],
            ids=np.array(split.ids[first:stop]),
        )
        self.finish(name, "done")

    def inspected(self, spec: dict[str, Any], *inputs: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Run an inspection; return its result, and its arrays where it has any."""
        names = ("network", "pixel_statistics", *inputs)
        data = DIGITS.model_dump(mode="json")
        runtime = Runtime(locations=self.locations, device="cpu", threads=1)
        folder = JobFolder(self.root / "inspected")
        folder.inspection.unlink(missing_ok=True)
        ours = {name: self.inputs(name) for name in names}
        progress = Progress(io.StringIO())
        result = inspect(Work({"inspection": spec, "data": data}, folder, ours, runtime, progress, StopSignal()))
        if not folder.inspection.exists():
            return result, {}
        with np.load(folder.inspection, allow_pickle=False) as stored:
            return result, {name: stored[name] for name in stored.files}


def arrays(path: Path, **content: np.ndarray) -> None:
    """Write arrays to an npz file."""
    buffer = io.BytesIO()
    np.savez(buffer, **content)
    path.write_bytes(buffer.getvalue())


def certain(labels: torch.Tensor, classes: int) -> np.ndarray:
    """Return confident and correct predictions [n, classes]."""
    return torch.nn.functional.one_hot(labels, classes).float().numpy()
