"""Tests of response normalisation in Triton: its interpreter here, a GPU where there is one."""

import importlib.util
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[1] / "support"
LAYOUTS = "contiguous", "channels_last"
TYPES = {"float32": 2e-6, "bfloat16": 2**-8}
CUT = {"float32": 2e-6, "bfloat16": 2**-7}  # the interpreter cuts to bfloat16, a GPU rounds

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")


def interpreted(cases):
    """Return the errors of cases in Triton's interpreter, which a process has to choose before it imports Triton."""
    command = [sys.executable, str(SUPPORT / "triton_cases.py"), json.dumps(cases)]
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_values_and_gradients_are_those_of_the_formula():
    """In both layouts, with groups, over several blocks: float32 to its rounding."""
    cases = [
        {"shape": shape, "layout": layout, "dtype": "float32", "groups": 2}
        for shape, layout in zip(([2, 8, 9, 11], [2, 6, 3, 5]), LAYOUTS, strict=True)
    ]
    assert max(itertools.chain(*interpreted(cases))) < CUT["float32"]


@pytest.mark.nightly
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_constants_types_and_shapes_follow_the_formula(layout, dtype):
    """Odd and even n, n above the maps of a group, other powers, one pixel, one map, bfloat16 but for its last bit."""
    shapes = ([1, 1, 1, 1], [3, 12, 1, 1], [2, 96, 3, 2], [2, 6, 13, 3])
    cases = [
        {"shape": shape, "layout": layout, "dtype": dtype, "groups": groups, "n": n, "beta": beta}
        for shape, groups, (n, beta) in itertools.product(shapes, (1, 3), ((4, 0.75), (9, 0.6), (1, 1.0)))
        if shape[1] % groups == 0
    ]
    assert max(itertools.chain(*interpreted(cases))) < CUT[dtype]


def test_a_processor_is_refused():
    """Outside the interpreter, maps that are on no GPU give an error that names what to do."""
    import torch

    from harness.models.response_norm_triton import response_norm

    with pytest.raises(ValueError, match="needs a GPU, or TRITON_INTERPRET=1"):
        response_norm(torch.ones(1, 4, 2, 2), k=2.0, n=5, alpha=1e-4, beta=0.75)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_on_a_gpu_it_follows_the_formula(layout, dtype):
    """The same cases as in the interpreter, compiled."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    from triton_cases import error

    for shape, groups in itertools.product(([3, 12, 1, 1], [2, 96, 55, 55], [4, 6, 13, 3]), (1, 3)):
        assert max(error(shape, layout, dtype, groups=groups, device="cuda")) < TYPES[dtype]
