"""Sends what the CPU made to the device that computes, without the host waiting for either."""

from __future__ import annotations

import torch


def sent(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A CPU tensor on a device, as it is laid out; to a GPU the copy is under way, and what is asked of it next waits.

    From ordinary memory torch would wait for the copy, and for all that was asked of the GPU before it. Pinned memory
    that is let go is kept by torch until its copy is done.
    """
    if tensor.device.type == device.type:  # not by index: torch.device("cuda") is none of its tensors' devices
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)
