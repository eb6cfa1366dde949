"""Tests of the report on torch on this machine."""

from __future__ import annotations

import json

import pytest
import torch

from harness.jobs.device import set_up
from harness.jobs.torch_here import probe
from harness.machine.runtime import Runtime


def test_it_tells_of_the_device_that_jobs_would_get() -> None:
    """The report describes the device that jobs would get, its threads and flags, as JSON."""
    found = json.loads(json.dumps(probe("cpu", 1)))
    assert (found["device"], found["threads"], found["missing"]) == ("cpu", 1, None)
    assert (found["deterministic_algorithms"], found["tf32"], found["repeats"]) == (True, False, True)
    assert found["workspace_repeats"]


def test_a_device_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing device is reported, not raised."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = probe("cuda", 1)
    assert found["missing"].startswith("no CUDA device is visible to torch")


def test_it_sets_torch_up_as_jobs_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report sets up torch with the same function as jobs do."""
    from harness.jobs import torch_here as module

    asked = []

    def note(runtime: Runtime) -> torch.device:
        asked.append((runtime.device, runtime.threads))
        return set_up(runtime)

    monkeypatch.setattr(module, "set_up", note)
    probe("cpu", 1)
    assert asked == [("cpu", 1)]
