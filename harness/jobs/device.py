"""Everything that depends on the device: its choice, its threads, and arithmetic that repeats bit for bit."""

from __future__ import annotations

import ctypes
import os
from contextlib import nullcontext, suppress
from typing import Any, TypeVar

# cuBLAS repeats bit for bit only with a fixed workspace. It reads this setting once, at its start.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def _keep_freed_memory() -> None:
    """Tell glibc to keep large freed blocks instead of returning them and clearing new ones in every step."""
    trim_threshold, mmap_threshold, largest = -1, -3, 2**31 - 1
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(mmap_threshold, largest)
        libc.mallopt(trim_threshold, largest)


_keep_freed_memory()  # before torch allocates anything

import torch  # noqa: E402

from harness.errors import DeviceMissing  # noqa: E402
from harness.jobs.ranks import joined  # noqa: E402
from harness.machine.instructions import rounding_of  # noqa: E402
from harness.machine.runtime import Runtime  # noqa: E402

Net = TypeVar("Net", bound=torch.nn.Module)


def set_up(runtime: Runtime) -> torch.device:
    """Choose the device, set its threads and make its arithmetic repeat bit for bit.

    Raises DeviceMissing if `runtime` asks for a GPU and torch sees none.
    """
    if runtime.device == "cuda" and not torch.cuda.is_available():
        raise DeviceMissing(
            "no CUDA device is visible to torch; run with --device cpu, or look at `python -m harness env`"
        )
    torch.set_num_threads(runtime.threads)
    # `use_deterministic_algorithms` would also import torch's compiler, which is large and not used here.
    torch.set_deterministic_debug_mode("error")
    # By default torch fills every new tensor with NaN, which costs a tenth of a small net's step. No layer reads
    # a tensor before it is written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    # fp32 has to mean fp32: without TF32, and without bfloat16 on a CPU, in matrix products and convolutions.
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    use_cuda = runtime.device != "cpu" and torch.cuda.is_available()
    if use_cuda and "LOCAL_RANK" in os.environ:  # one of several processes, each with its own GPU
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return torch.device("cuda" if use_cuda else "cpu")


def autocast(device: torch.device, precision: str) -> Any:
    """Return the context manager for a training step in the given precision, `fp32` or `bf16`."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def repeats_on(device: torch.device) -> dict[str, Any]:
    """Return the settings that must be equal for a run to repeat bit for bit."""
    on_cpu = device.type == "cpu"
    name = rounding_of(torch.backends.cpu.get_cpu_capability()) if on_cpu else torch.cuda.get_device_name(device)
    threads, version = torch.get_num_threads(), str(torch.__version__)
    return {"device": device.type, "instructions": name, "threads": threads, "torch": version, **joined().record()}


def device_environment(device: torch.device) -> dict[str, Any]:
    """Return the device and the flags that decide whether its arithmetic repeats, for a result's record."""
    cuda = cuda_versions() if device.type == "cuda" else {}
    return {
        **repeats_on(device),
        **cuda,
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "tf32": torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32,
    }


def cuda_versions() -> dict[str, Any]:
    """Return the versions of CUDA and cuDNN that torch was built with."""
    return {"cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}  # type: ignore[no-untyped-call]


def on_device(network: Net, device: torch.device) -> Net:
    """Move a network to the device, with weights in channels-last order, which is the fastest for convolutions."""
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
