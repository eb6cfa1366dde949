"""Estimates the memory of a GPU that a training takes, from its plan alone."""

from __future__ import annotations

from collections.abc import Sequence

from harness.models.layers import Traced, size

NUMBER = 4
"""Bytes of a number in fp32; maps in bf16 take less."""
PROCESS_BYTES = 2**29
"""Bytes that each process takes before its first tensor, half a GiB, an assumption: CUDA's context and the kernels of
torch, cuDNN and cuBLAS, which are loaded as they are needed. With one tensor alone it is 287 MB (pytorch's pull request
86509) to about 400 MB (its issue 109888); convolutions load more, and cuBLAS takes its fixed workspace."""
VIEWS_OF_A_TEST = 512
"""Views that pass through a net at once in a test, `jobs.evaluation.evaluate.VIEWS_A_BATCH`."""


def training_bytes(layers: Sequence[Traced], batch: int, images_bytes: int = 0) -> int:
    """Estimate the bytes of GPU memory that a training takes at most.

    With P parameters, I numbers of an image and O_l outputs of layer l, a batch of B images takes

        4 (3 P + B (I + 2 sum O_l))    weights, gradients, velocities; the input; all maps and their gradients
        + 4 (2 P)                      a copy of weights and velocities while the step is captured
        + 4 max(B (I + 2 sum O_l), 512 max(inputs + outputs of a layer))
                                       a smaller last batch, which takes a plain step, or the views of a test
        + buffers + images_bytes       running statistics; images that stay on the GPU, as small sets do
        + PROCESS_BYTES

    The first line is the measurement `network`'s `separate_training_bytes`. The others follow from the training itself:
    a captured step keeps memory of its own (`jobs.training.captured`), beside which torch keeps that of plain steps
    and tests. It is no measurement: workspaces of convolutions are not in it, and memory given back during a step is.
    """
    parameters = sum(one.parameters for one in layers)
    maps = batch * (size(layers[0].input) + 2 * sum(one.units for one in layers))
    widest = max(sum(map(size, one.shapes)) + one.units for one in layers)
    numbers = 5 * parameters + maps + max(maps, VIEWS_OF_A_TEST * widest)
    buffers = sum(buffer.bytes for one in layers for buffer in one.buffers)
    return PROCESS_BYTES + NUMBER * numbers + buffers + images_bytes
