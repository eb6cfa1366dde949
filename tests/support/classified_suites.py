"""A suite of one system without a net on a part of the digits, which runs in a second or two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from feature_samples import FEATURE
from suite_files import TABLE1, plain
from tiny_suites import World

from harness.plan.graph import make_plan
from harness.store.store import Store
from harness.suite.load import load_suite

SMALLER = {"prepare": {"short_side": 32}, "gaussians": 2}


def classified_suite(folder: Path, smaller: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Write Table 1 with its second row alone; `smaller` is the change of its scale, `changes` are of the system."""
    suite = plain(TABLE1)
    feature = FEATURE.model_dump(mode="json")
    colour = feature | {"descriptor": {"what": "local_colour_statistics", "sides": [16], "step": 8}}
    system = {
        "data": "digits",
        "features": {"sift": feature, "colour": colour},
        "classifier": {"what": "linear_svm", "regularisation": 1e-3, "epochs": 2},
    }
    own = {"sift_fv": {"classify": SMALLER if smaller is None else smaller}}
    row = suite["table"]["rows"]["sift_fv"]
    row.pop("cited", None)
    row["value"] = "sift_fv.fused"
    suite["table"]["rows"] = {"sift_fv": row}
    suite |= {"suite": "classified", "deviations": {}, "claims": {}, "cells": {}}
    suite["experiments"] = {"sift_fv": {"classify": system | changes, "evaluate": {"fused": {"split": "test"}}}}
    subset = {"classes": 10, "per_class": 12}
    suite["scales"] = {"ci": {"seeds": 2, "data": "digits", "subset": subset, "experiments": own}}
    path = folder / "classified.yaml"
    path.write_text(json.dumps(suite, indent=1))
    return path


def classified_world(folder: Path) -> World:
    """Open the suite in a folder, with an empty store."""
    return World(make_plan(load_suite(classified_suite(folder)), "ci"), Store(folder / "runs"))
