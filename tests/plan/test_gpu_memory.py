"""The memory of a GPU that a training is estimated to take: counted by hand, and by the measurement of nets."""

from __future__ import annotations

from measure_specs import ALEXNET, measured
from suite_files import shipped_plan

from harness.jobs.evaluation.evaluate import VIEWS_A_BATCH
from harness.models.layers import Activation, Conv, Linear, trace
from harness.plan.gpu_memory import PROCESS_BYTES, VIEWS_OF_A_TEST, training_bytes

SMALL = (Conv("conv", 2, 3, pad=(1, 1, 1, 1)), Activation("relu", "relu"), Linear("fc", 10))
"""On images of one map of 8 x 8: 20 parameters and 128 outputs, 128 outputs, 1,290 parameters and 10 outputs."""


def test_a_small_net_takes_what_was_counted_by_hand() -> None:
    """4 images: 5 x 1,310 numbers of parameters, 4 x (64 + 2 x 266) of maps, 512 x (128 + 128) in a test."""
    found = training_bytes(list(trace(SMALL, (1, 8, 8))), 4, images_bytes=1000)
    assert found == PROCESS_BYTES + 4 * (6_550 + 2_384 + 131_072) + 1000


def test_a_large_batch_takes_its_maps_twice() -> None:
    """A last batch that is smaller runs beside the captured step, and takes more than the views of a test."""
    found = training_bytes(list(trace(SMALL, (1, 8, 8))), 1000)
    assert found == PROCESS_BYTES + 4 * (6_550 + 2 * 1000 * 596)


def test_its_arithmetic_is_that_of_the_measurement_of_nets() -> None:
    """AlexNet at batch 128: `separate_training_bytes`, and again without the 12 bytes of each parameter."""
    training = next(job for job in shipped_plan("table1", "paper").jobs.values() if job.label == "train cnn, seed 0")
    separate = measured("network", net=ALEXNET)["separate_training_bytes"]
    assert training.gpu_bytes == PROCESS_BYTES + separate + (separate - 12 * 60_965_224) + 8 * 60_965_224


def test_a_test_looks_at_as_many_views_as_it_does() -> None:
    """The constant stands with what runs the test, which imports torch."""
    assert VIEWS_OF_A_TEST == VIEWS_A_BATCH


def test_images_of_a_small_set_stay_on_the_gpu() -> None:
    """All 60,000 of Fashion-MNIST at 28 x 28 in training and validation, a byte each; none of ImageNet."""
    jobs = shipped_plan("ablations", "small").jobs.values()
    training = next(job for job in jobs if job.kind == "train")
    side = training.spec["data"]["prepare"]["short_side"] or 28
    assert training.gpu_bytes - PROCESS_BYTES > 60_000 * side**2
