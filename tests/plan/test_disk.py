"""Room on disk: estimates against the files that a real run leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_suites import tiny_world

from harness.jobs import checkpoint
from harness.models import parse_model
from harness.models.layers import trace
from harness.plan.disk import CHECKPOINTS, ID_LETTERS, checkpoints_bytes, pixels_bytes, predictions_bytes, weights_bytes


@pytest.fixture(scope="module")
def layers() -> Any:
    """AlexNet's."""
    return list(trace(parse_model({"name": "alexnet"}).layers(1000), (3, 224, 224)))


def test_weights_are_four_bytes_each(layers: Any) -> None:
    """AlexNet's 60,965,224, and twice as many numbers in each of three checkpoints."""
    assert weights_bytes(layers) == 4 * 60_965_224
    assert checkpoints_bytes(layers) == CHECKPOINTS * 8 * 60_965_224


def test_predictions_are_probabilities_names_and_labels() -> None:
    """Of 50,000 images in 1000 classes."""
    assert predictions_bytes(50_000, 1000) == 50_000 * (4000 + 8 + 4 * ID_LETTERS)


def test_a_mean_image_is_four_bytes_a_value() -> None:
    """Of three colours at 256 x 256."""
    assert pixels_bytes((3, 256, 256)) == 786_432


def test_what_a_run_leaves_is_what_was_estimated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the containers' own kilobytes, and names shorter than ImageNet's."""
    sizes = []
    real = checkpoint.save

    def save(folder: Any, state: Any) -> None:
        real(folder, state)
        sizes.append(folder.checkpoint.stat().st_size)

    monkeypatch.setattr(checkpoint, "save", save)
    world = tiny_world(tmp_path, subset={"classes": 10, "per_class": 70}, epochs=1)
    world.runtime = type(world.runtime)(device="cpu", threads=1, checkpoint_every_s=0.0)
    world.run()
    jobs = {job.kind: job for job in world.plan.jobs.values()}
    assert world.folder("train").weights.stat().st_size == pytest.approx(jobs["train"].keeps_bytes, abs=20_000)
    assert max(sizes) * CHECKPOINTS == pytest.approx(jobs["train"].scratch_bytes, abs=90_000)
    assert world.folder("pixels").pixels.stat().st_size == pytest.approx(jobs["pixels"].keeps_bytes, abs=1_000)
    names = 4 * (ID_LETTERS - len("digits/test/00000")) * jobs["evaluate"].images
    assert world.folder("evaluate").predictions.stat().st_size == pytest.approx(
        jobs["evaluate"].keeps_bytes - names, abs=3_000
    )
