"""Prints what torch finds on this machine, set up as jobs set it up; `doctor` runs it as a process of its own.

Importing torch may hang or crash on a broken installation, and must not take the command with it.

Usage: `python -m harness.jobs.torch_here DEVICE THREADS`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import torch

from harness.errors import DeviceMissing
from harness.jobs.device import cuda_versions, device_environment, set_up
from harness.machine.runtime import Runtime

WORKSPACES = (":4096:8", ":16:8")
"""Values of CUBLAS_WORKSPACE_CONFIG with which cuBLAS repeats bit for bit."""


def probe(device_name: Any, threads: int) -> dict[str, Any]:
    """Return the device that jobs would get, the flags they would run under, and whether a step repeats bit for bit."""
    seen = {"version": str(torch.__version__), "cuda_available": torch.cuda.is_available(), **cuda_versions()}
    try:
        device = set_up(Runtime(device=device_name, threads=threads))
    except DeviceMissing as error:
        return {**seen, "missing": str(error)}
    return {
        **seen,
        "missing": None,
        **device_environment(device),
        "workspace": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
        "workspace_repeats": device.type == "cpu" or os.environ.get("CUBLAS_WORKSPACE_CONFIG") in WORKSPACES,
        "repeats": bool(torch.equal(_step(device), _step(device))),
    }


def _step(device: torch.device) -> torch.Tensor:
    """Return the weights of a small convolution after one step from a fixed start, on the CPU."""
    draws = torch.Generator().manual_seed(0)
    images = torch.randn(16, 3, 32, 32, generator=draws).to(device)
    weights = torch.randn(8, 3, 5, 5, generator=draws).to(device).requires_grad_()
    loss = torch.nn.functional.conv2d(images, weights, stride=2).square().mean()
    (gradient,) = torch.autograd.grad(loss, weights)
    return (weights - 0.1 * gradient).detach().cpu()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe(sys.argv[1], int(sys.argv[2]))) + "\n")
