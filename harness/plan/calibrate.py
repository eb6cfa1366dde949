"""Times each shape of training and test of a plan on this device, and remembers how fast it was for later plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.errors import UsageError
from harness.machine.memory import is_out_of_memory
from harness.machine.runtime import Runtime
from harness.plan.estimate import assumed_rate, training_of
from harness.plan.job import Job
from harness.plan.rates import Rates, calibration_file, note_calibration, on_gpu, shape_of
from harness.store.store import Store

LONGEST_STEP_S = 4.0
"""The longest that one step may be expected to take; a slower one is timed with fewer images."""
LEAST = 0.7
"""The share of a processor below which a calibration is told to have shared it."""
TESTED = 64
"""Images of a timed test at most."""

Say = Callable[[str], None]


def calibrate(todo: Iterable[Job], plan: Mapping[str, Job], store: Store, runtime: Runtime, say: Say) -> None:
    """Time what is to do and neither ran here nor was calibrated, each shape once; `say` is told of each.

    Where memory is lacking for one, it is told and passed over. Raises UsageError where nothing can be remembered.
    """
    shapes: dict[str, tuple[Job, dict[str, Any] | None]] = {}
    for job in todo:
        training = training_of(job, plan)
        if job.kind in ("train", "evaluate"):
            shapes.setdefault(shape_of(job.kind, job.spec, training), (job, training))
    for shape, (job, training) in shapes.items():
        name = f"{job.label.partition(', seed ')[0]} ({shape.rpartition(' ')[2]})"
        if Rates.known(store, runtime).exactly(shape) is not None:
            say(f"{name}: known already")
            continue
        try:
            _calibrate(job, training, runtime, name, say)
        except OSError as error:
            raise UsageError(f"{calibration_file()} cannot be written ({error.strerror})") from None
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            say(f"{name}: not calibrated, for memory is lacking")


def _calibrate(job: Job, training: dict[str, Any] | None, runtime: Runtime, name: str, say: Say) -> None:
    from harness.jobs import calibration  # noqa: PLC0415 - torch

    net = training if job.kind == "evaluate" else job.spec
    assert net is not None
    if job.kind == "train":
        each = 3.0 * calibration.forward_multiply_adds(net)  # a step costs three forward passes
        batch = job.spec["recipe"]["batch"]
        timed = calibration.time_training(job.spec, runtime, _images(batch, each, runtime))
    else:
        each, batch = job.work / job.images, min(TESTED, job.images)
        timed = calibration.time_test(job.spec, net, runtime, _images(batch, each, runtime))
    rate = each / timed.seconds_an_image
    note_calibration(job, training, rate, timed.power_w, runtime)
    fewer = "" if timed.images == batch else f", {timed.images} of {batch} images at once"
    power = "" if timed.power_w is None else f" at {timed.power_w:.0f} W"
    on_processor = not on_gpu(runtime)
    busy = (
        f"; busy with other programs, which took {1 - timed.share:.0%}" if on_processor and timed.share < LEAST else ""
    )
    say(f"{name}: {1 / timed.seconds_an_image:,.1f} img/s, {rate:.2g} multiply-adds a second{power}{fewer}{busy}")


def _images(batch: int, each: float, runtime: Runtime) -> int:
    """Count the images of a batch that are expected to take no longer than a step may."""
    assumed = assumed_rate(runtime)
    return max(1, min(batch, int(LONGEST_STEP_S * assumed / each)))
