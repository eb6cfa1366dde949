"""The name of what a timing runs on: known without torch when a job is planned, and again where it runs."""

from __future__ import annotations

from harness.environment import gpus, processor


def device_name(device: str, threads: int) -> str:
    """The first GPU's name, or the processor's with its threads; `device` is `auto`, `cpu` or `cuda`."""
    found = [] if device == "cpu" else gpus()
    return str(found[0]["name"]) if found else f"{processor()}, {threads} thread{'' if threads == 1 else 's'}"
