"""What torch makes of this machine."""

from __future__ import annotations

import json

import pytest
import torch

from harness.jobs.device import set_up
from harness.jobs.torch_here import probe
from harness.machine.runtime import Runtime


def test_it_tells_of_the_device_that_jobs_would_get() -> None:
    """As plain JSON, with their threads and flags."""
    found = json.loads(json.dumps(probe("cpu", 1)))
    assert (found["device"], found["threads"], found["missing"]) == ("cpu", 1, None)
    assert (found["deterministic_algorithms"], found["tf32"], found["repeats"]) == (True, False, True)
    assert found["workspace_repeats"]


def test_a_device_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an answer, not as a crash."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = probe("cuda", 1)
    assert found["missing"].startswith("no CUDA device is visible to torch")


def test_it_sets_torch_up_as_jobs_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same function, so that it cannot tell of anything else."""
    from harness.jobs import torch_here as module

    asked = []

    def note(runtime: Runtime) -> torch.device:
        asked.append((runtime.device, runtime.threads))
        return set_up(runtime)

    monkeypatch.setattr(module, "set_up", note)
    probe("cpu", 1)
    assert asked == [("cpu", 1)]
