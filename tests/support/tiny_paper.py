"""A fictitious paper for tests: a small net, a recipe, and a protocol for every way to view a test image."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

RECIPES: dict[str, Any] = {
    "recipes": {
        "jittered": {
            "source": "section 3",
            "batch": 10,
            "epochs": 1,
            "rate": 0.01,
            "schedule": {"rule": "fixed", "after": [], "factor": 0.1},
            "optimiser": {"rule": "rate_inside_velocity", "momentum": 0.9, "weight_decay": 5e-4, "decays": "weights"},
            "initialisation": {"rule": "he_backward", "fc_std": [0.1, 0.1, 0.1]},
            "prepare": {"short_side": 32, "center": 32},
            "crop": 28,
            "augmentation": {
                "crops": True, "flips": True, "colour_std": 0.1, "mean": "centre_crop", "jitter": [32, 64],
            },
        }
    },
    "protocols": {
        "centre": {"source": "", "views": "centre"},
        "sampled": {"source": "", "views": "centre", "sample": 7},
        "ten": {"source": "", "views": "ten_crop"},
        "ten_whole": {"source": "", "views": "ten_crop", "scales": [32]},
        "dense_32": {"source": "", "views": "dense", "scales": [32], "flips": True},
        "dense_48": {"source": "", "views": "dense", "scales": [48], "flips": True},
        "dense_both": {"source": "", "views": "dense", "scales": [32, 48], "flips": True},
    },
}  # fmt: skip


STEM = {"kernel": 3, "stride": 1, "pad": [1, 1, 1, 1]}


MODEL = {"name": "prelu_small", "width": 0.1, "stem": STEM, "stage2": 1, "stage3": 2, "levels": [2, 1]}


PAPER = {"paper": "tiny", "title": "None", "authors": ["Nobody"], "venue": "nowhere", "year": 2015}


def flatten(test: Path) -> None:
    """Move the test images to one folder, in an order that reveals no class."""
    for number, image in enumerate(sorted(test.rglob("*.JPEG"), key=lambda path: path.name[::-1]), start=1):
        image.rename(test / f"ILSVRC2012_test_{number:08d}.JPEG")
    for folder in [path for path in test.iterdir() if path.is_dir()]:
        shutil.rmtree(folder)
