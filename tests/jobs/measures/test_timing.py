"""Tests of the timing of training steps: the steps, their order, and the device."""

import pytest
import torch
from measure_specs import CHAIN, SMALL, measured, parsed

from harness.errors import JobFailed
from harness.jobs.measures.on_device import timing
from harness.machine.environment import clocked_device

NARROW = {"model": {"name": "prelu_small", "width": 0.03125}, "classes": 10, "input": [3, 64, 64]}
AUGMENTATION = {"crops": True, "flips": True, "colour_std": 0.1}


def test_times_speeds_ratios_and_days_fit_together(monkeypatch):
    """Times, speeds and days are medians of rounds; a ratio is the median of the rounds' ratios."""
    times = iter([{"a": 2.0, "b": 3.0}, {"a": 1.0, "b": 4.0}, {"a": 4.0, "b": 4.0}])
    monkeypatch.setattr(timing, "timed_round", lambda *_args, **_kwargs: next(times))
    arms = {"a": {"net": SMALL}, "b": {"net": SMALL}}
    found = measured("timing", 0, arms=arms, against="a", batch=8, warm_up=0, rounds=3, whole_training_steps=843_750)
    assert (found["a_seconds"], found["b_seconds"]) == (2, 4)
    assert (found["a_images_per_s"], found["b_images_per_s"]) == (4, 2)
    assert found["b_ratio"] == 1.5
    assert found["a_days"] == 2 * 843_750 / 86_400


def test_arms_take_turns_in_changing_order():
    """The order of arms alternates, so that a drift of the machine affects all alike."""
    order = []
    steps = {name: lambda name=name: order.append(name) for name in ("a", "b")}
    for turned in (False, True):
        found = timing.timed_round(steps, 1, torch.device("cpu"), turned=turned)
        assert list(found) == ["a", "b"]
        assert all(seconds >= 0 for seconds in found.values())
    assert order == ["a", "b", "b", "a"]


@pytest.mark.parametrize(
    "arm",
    [{"net": SMALL}, {"net": NARROW}, {"net": CHAIN}, {"net": SMALL, "augmentation": AUGMENTATION, "stored_side": 72}],
)
def test_a_step_trains(arm):
    """A timed step changes the weights, for nets of logits, chains that end in maps, and views drawn from images."""
    spec = parsed("timing", arms={"one": arm}, against=None, batch=2, rounds=1, warm_up=0)
    assert timing.measure(spec, 0, "cpu")["one_seconds"] > 0


@pytest.mark.parametrize(("augmented", "same"), [(False, True), (True, False)])
def test_stored_images_are_seen_anew_each_step(augmented, same):
    """Views from stored images differ from step to step; fixed views do not."""
    arm = {"net": SMALL, "augmentation": AUGMENTATION, "stored_side": 72} if augmented else {"net": SMALL}
    spec = parsed("timing", arms={"one": arm}, against=None, batch=4)
    views = timing.synthetic_views(spec.arms["one"], 4, 0, torch.device("cpu"))
    first, second = views(), views()
    assert first.shape == second.shape == (4, 3, 64, 64)
    assert torch.equal(first, second) == same


def test_a_timing_planned_for_another_device_is_refused():
    """A timing planned for another device is refused."""
    spec = parsed("timing").model_copy(update={"device_name": "abacus"})
    with pytest.raises(JobFailed, match="planned for timing on abacus, but this is"):
        timing.measure(spec, 0, "cpu")


def test_a_timing_planned_for_this_device_runs():
    """A timing planned for this device runs: plan and run name the device alike."""
    name = clocked_device("cpu", torch.get_num_threads())
    spec = parsed("timing").model_copy(update={"device_name": name})
    assert timing.measure(spec, 0, "cpu")["one_seconds"] > 0


def test_a_processor_is_named_with_its_threads():
    """A CPU's name includes its threads, because they change the time of a step."""
    assert clocked_device("cpu", 1).endswith(", 1 thread")
    assert clocked_device("cpu", 4).endswith(", 4 threads")


@pytest.mark.gpu
def test_a_gpu_is_timed_by_events_under_its_own_name():
    """On a GPU, events measure the time, and the name is NVML's."""
    spec = parsed("timing").model_copy(update={"device_name": clocked_device("cuda", 1)})
    assert torch.cuda.get_device_name() == spec.device_name
    assert 0 < timing.measure(spec, 0, "cuda")["one_seconds"] < 10
