"""Tests of everything that depends on the device."""

import subprocess
import sys

import pytest
import torch
from programs import environment
from torch import nn

from harness.errors import DeviceMissing
from harness.jobs.device import autocast, device_environment, on_device, repeats_on, set_up
from harness.machine.instructions import rounding_of
from harness.machine.runtime import Runtime

CPU = torch.device("cpu")


def test_tf32_is_off_even_where_it_was_on():
    """TF32 is switched off, also where it was on, in matrix products and convolutions."""
    torch.set_float32_matmul_precision("medium")  # a setting that also lets a CPU multiply in bfloat16
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    set_up(Runtime(device="cpu"))
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == "highest"
    assert device_environment(CPU)["tf32"] is False


def test_algorithms_are_deterministic_and_not_picked_by_a_race():
    """Algorithms are deterministic, and cuDNN's autotuner, which picks kernels by timing, is off."""
    set_up(Runtime(device="cpu"))
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark


@pytest.mark.nightly
def test_a_test_waits_for_no_compiler():
    """Setting up the device imports no compiler of torch, checked in a process of its own.

    The quick run checks so of a whole run, in `tests/jobs/training/test_sgd.py`.
    """
    code = (
        "import sys, harness.jobs.evaluation.evaluate as e; from harness.jobs.device import set_up, Runtime\n"
        "set_up(Runtime(device='cpu')); sys.exit('torch._inductor' in sys.modules or 'torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_those_asked_for(threads):
    """The requested threads are set and recorded, because sums depend on them."""
    set_up(Runtime(device="cpu", threads=threads))
    assert torch.get_num_threads() == threads
    assert repeats_on(CPU)["threads"] == threads


def test_cuda_asked_for_and_absent_is_told(monkeypatch):
    """A missing GPU is an error with a remedy, never a silent change to the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceMissing, match="--device cpu"):
        set_up(Runtime(device="cuda"))


def test_auto_takes_the_cpu_where_there_is_no_gpu(monkeypatch):
    """`auto` takes the CPU if there is no GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert set_up(Runtime(device="auto")) == CPU


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_a_step_computes_in_the_declared_precision(precision, dtype):
    """A step computes in the declared precision, with float32 weights in either."""
    layer = nn.Linear(2, 2)
    with autocast(CPU, precision):
        assert layer(torch.ones(1, 2)).dtype == dtype
    assert layer.weight.dtype == torch.float32


def test_kernels_lie_with_their_maps_last():
    """Weights are in channels-last order and keep their values."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3))
    before = network[0].weight.clone()
    moved = on_device(network, CPU)
    assert moved[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(moved[0].weight, before)


def test_what_has_to_be_alike_names_device_instructions_threads_and_torch():
    """A checkpoint records device, instruction set, threads and torch."""
    assert repeats_on(CPU) == {
        "device": "cpu",
        "instructions": rounding_of(torch.backends.cpu.get_cpu_capability()),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
