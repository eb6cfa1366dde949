"""Fabricated snapshots and baselines, for tests of code that compares them."""

from __future__ import annotations

import copy
from typing import Any

from harness.regression.compare_snapshots import Comparison, compare
from harness.regression.finding import Finding

MADE_WITH = {
    "harness": "0",
    "commit": "c0ffee",
    "python": "3.11",
    "processor": "one",
    "machine": "Linux x86_64, glibc 2.36",
    "packages": {"torch": "2.6"},
    "gpus": [],
    "device": {"device": "cpu", "threads": 1, "instructions": "AVX2"},
}

TRAINING = {
    "asked": {"what": "training", "steps": 3},
    "found": {
        "logits": "0.1 -0.2 0.3 -0.4",
        "losses": "2.3 2.2 2.1",
        "after_drop": "2.05 2.04",
        "updates": {"biases": "0.001 0.01", "weights": "-0.001 0.02"},
        "decays": {"biases": "0.0", "weights": "0.0005"},
        "weights_sha256": "00",
    },
    "disturbed": {
        "losses": "0 1e-06 2e-06",
        "after_drop": "0 0",
        "updates": {"biases": "0 0", "weights": "0 0"},
        "runs": 7,
    },
}
TEST = {"asked": {"what": "test"}, "found": {"classes": 2, "probabilities": "0.4 0.6 0.7 0.3"}}

SNAPSHOT: dict[str, Any] = {
    "suite_sha256": "5u17e" * 8,
    "seeds": 3,
    "made_with": MADE_WITH,
    "experiments": {
        "cnn": {
            "kind": "train",
            "spec": {"recipe": {"rate": 0.01, "optimiser": {"momentum": 0.9}}, "tests": {"ten_crop": {}}},
            "accuracies": {
                "ten_crop.top1_error": {
                    "values": {"0": 10.0, "1": 11.0, "2": 12.0},
                    "images": 10_000,
                    "diverged": [],
                }
            },
        },
        "net": {"kind": "measure", "spec": {"what": "network"}, "accuracies": {}},
        "noise": {"kind": "measure", "spec": {"what": "propagation"}, "accuracies": {}},
        "clock": {"kind": "measure", "spec": {"what": "timing"}, "accuracies": {}},
    },
    "probes": {"cnn": TRAINING, "cnn.ten_crop": TEST},
    "measurements": {
        "net": {"how": "exact", "values": {"0": {"parameters": 60_000_000.0}}},
        "noise": {"how": "drawn", "values": {"0": {"gradient": 4.0}, "1": {"gradient": 5.0}}},
        "clock": {"how": "timed", "values": {"0": {"seconds": 1.0}}},
    },
    "cells": {
        "cnn.top1": {
            "ref": "alexnet:T1.cnn.top1",
            "how": "trained",
            "ours": None,
            "outcome": None,
            "declared": {
                "printed": "37.5",
                "paper": 37.5,
                "unit": "%",
                "margin": 0.5,
                "value": "cnn.ten_crop.top1_error",
            },
        },
        "parameters": {
            "ref": "alexnet:A02.parameters",
            "how": "exact",
            "ours": 60_000_000.0,
            "outcome": "MATCH",
            "declared": {"printed": "60", "paper": 6e7, "unit": "", "margin": 1.2e6, "value": "net.parameters"},
        },
    },
    "claims": {
        "a02": {
            "ref": "alexnet:A02",
            "declared": {"exact": {"value": "net.parameters"}},
            "outcome": "CONFIRMED",
            "evidence": "exact",
        },
        "a10": {
            "ref": "alexnet:A10",
            "declared": {"less": ["cnn.top1", "other.top1"]},
            "outcome": "CONFIRMED",
            "evidence": "small scale",
        },
    },
}


def snapshot(**changed: Any) -> dict[str, Any]:
    """Return a snapshot with values changed by path; two underscores join the parts of a path."""
    document = copy.deepcopy(SNAPSHOT)
    for path, value in changed.items():
        *above, last = path.split("__")
        place = document
        for part in above:
            place = place[part]
        place[last] = value
    return document


def findings(before: dict[str, Any], now: dict[str, Any], *, scale: str = "ci", **rules: Any) -> dict[str, Finding]:
    """Compare two snapshots; return the findings by subject."""
    return {one.subject: one for one in compare(Comparison("table1", scale, before, now, **rules))}


def severities(before: dict[str, Any], now: dict[str, Any], **rules: Any) -> dict[str, str]:
    """Compare two snapshots; return the severities other than ok and not judged, by subject."""
    found = findings(before, now, **rules)
    return {subject: one.severity for subject, one in found.items() if one.severity not in ("ok", "not judged")}
