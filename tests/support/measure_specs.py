"""A small spec of every measurement, and functions that parse and run one."""

import json

from pydantic import TypeAdapter

from harness.jobs.measures import MEASURES, MeasureSpec

CHAIN = {"model": {"name": "chain", "filters": [8, 8, 16]}, "classes": 1, "input": [3, 12, 12]}
ALEXNET = {"model": {"name": "alexnet"}, "classes": 1000, "input": [3, 224, 224]}
SMALL = {"model": {"name": "alexnet", "width": 0.02}, "classes": 10, "input": [3, 64, 64]}
XAVIER, EQ14 = {"rule": "xavier"}, {"rule": "he_backward"}
RECIPE = {
    "source": "section 5",
    "batch": 128,
    "epochs": 90,
    "rate": 0.01,
    "schedule": {"rule": "plateau", "drops": 3, "patience": 5, "smallest_gain": 0.1},
    "optimiser": {"rule": "rate_inside_velocity", "momentum": 0.9, "weight_decay": 0.0005},
    "initialisation": {"rule": "gaussian", "bias_one": ["conv2", "conv4", "conv5", "fc6", "fc7"]},
    "prepare": {"short_side": 256, "center": 256},
    "crop": 224,
    "augmentation": {"crops": True, "flips": True, "colour_std": 0.1},
}

SPECS = {
    "arithmetic": {"given": {"a": 6.66, "b": 4.94}, "values": {"difference": "a - b"}},
    "attenuation": {"net": CHAIN, "initialisation": {"rule": "gaussian"}, "against": EQ14},
    "configuration": {"recipe": RECIPE, "model": {"name": "alexnet"}},
    "filter_stds": {"kernel": 3, "filters": [64, 128]},
    "first_step": {"net": SMALL, "initialisation": EQ14, "batch": 2},
    "network": {"net": ALEXNET},
    "propagation": {"net": CHAIN, "initialisation": EQ14, "batch": 1},
    "rescaling": {"net": CHAIN, "initialisation": XAVIER, "against": EQ14, "batch": 1},
    "speedup": {"net": SMALL, "gpus": 2, "scheme": "conv_data_fc_single", "batch": 4},
    "spp": {"levels": [7, 3, 2, 1], "channels": 512, "side": 14},
    "stds": {"net": SMALL, "initialisation": XAVIER},
    "timing": {
        "arms": {name: {"net": SMALL} for name in ("one", "two")},
        "against": "one",
        "batch": 2,
        "rounds": 1,
        "warm_up": 0,
    },
    "units": {"of": "rectifier"},
    "variance_products": {"net": CHAIN, "initialisation": XAVIER},
}
"""Small specs by measurement."""

SHARED = {"speedup"}
"""Measurements in several processes; tests/run/executors/test_shared.py runs one as a job."""


def parsed(what, **fields):
    """Parse a spec as from a suite's YAML."""
    return TypeAdapter(MeasureSpec).validate_json(json.dumps({"what": what, **(fields or SPECS[what])}))


def measured(what, seed=None, **fields):
    """Run a measurement on the CPU."""
    return MEASURES[what].load()(parsed(what, **fields), seed, "cpu")
