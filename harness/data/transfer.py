"""Sends tensors from the CPU to the device that computes, without making the host wait."""

from __future__ import annotations

import torch


def sent(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return a CPU tensor on a device with the same layout; on a GPU, later operations wait for the copy.

    The copy goes through pinned memory. From ordinary memory, torch would wait for the copy and for all earlier work on
    the GPU. torch keeps released pinned memory until its copy is done.
    """
    if tensor.device.type == device.type:  # torch.device("cuda") has no index, its tensors' device has
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)
