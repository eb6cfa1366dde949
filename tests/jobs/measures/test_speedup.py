"""Tests of speed-ups: each scheme gives the gradients of one process, and both kinds of step are timed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from measure_specs import CHAIN, SMALL, parsed
from two_processes import answers

from harness.errors import JobFailed
from harness.jobs.measures.on_device import speedup
from harness.jobs.measures.on_device.schemes import Halves, conv_data_fc_single, data_parallel
from harness.jobs.ranks import ALONE, Ranks

CPU = torch.device("cpu")
SPEC = parsed("speedup", net=SMALL, gpus=2, scheme="data_parallel", batch=6, rounds=2, warm_up=1)
SINGLE = SPEC.model_copy(update={"scheme": "conv_data_fc_single"})


def gradients_of(network: torch.nn.Module, names: list[str]) -> dict[str, Any]:
    """Return the existing gradients by name."""
    grads = zip(names, (one.grad for one in network.parameters()), strict=True)
    return {name: grad.clone().numpy() for name, grad in grads if grad is not None}


def taken(scheme: str, ranks: Ranks) -> tuple[float, dict[str, Any]]:
    """Take a step from first weights with dropout on; return (loss, gradients by name)."""
    network, (views, target), share = speedup.initial(SPEC, 0, CPU), speedup.batch(SPEC, 0, CPU), ranks.share(6)
    names = [name for name, _ in network.named_parameters()]
    torch.manual_seed(3)
    mine = views if share is None else views[share.part]
    if scheme == "data_parallel":
        loss = data_parallel(network, mine, target if share is None else target[share.part], "fp32", ranks, share)
    else:
        assert share is not None
        loss = conv_data_fc_single(Halves.cut(network), mine, target, "fp32", ranks, share)
    return float(loss), gradients_of(network, names)


def ask(ranks: Ranks) -> dict[str, Any]:
    """Compute the results of one of two processes."""
    found: dict[str, Any] = {scheme: taken(scheme, ranks) for scheme in ("data_parallel", "conv_data_fc_single")}
    return found | {"times": [speedup.measure(spec, 0, "cpu") for spec in (SPEC, SINGLE)]}


@pytest.fixture(scope="module")
def two() -> list[dict[str, Any]]:
    """Return the results of both processes."""
    return answers(ask)


@pytest.fixture(scope="module")
def one() -> tuple[float, dict[str, Any]]:
    """Return the results of a single process."""
    return taken("data_parallel", ALONE)


def assert_alike(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Check that gradients agree up to rounding."""
    for name, gradient in expected.items():
        torch.testing.assert_close(
            torch.from_numpy(found[name]), torch.from_numpy(gradient), rtol=1e-4, atol=1e-6, msg=name
        )


def test_sharing_the_batch_has_the_gradients_of_one_process(
    two: list[dict[str, Any]], one: tuple[float, dict[str, Any]]
) -> None:
    """Sharing the batch gives the gradients and the loss of one process, in both processes."""
    for loss, found in (each["data_parallel"] for each in two):
        assert loss == pytest.approx(one[0], rel=1e-5)
        assert found.keys() == one[1].keys()
        assert_alike(found, one[1])


def test_the_papers_scheme_has_the_gradients_of_one_process(
    two: list[dict[str, Any]], one: tuple[float, dict[str, Any]]
) -> None:
    """The paper's scheme gives the gradients of one process: all in the first, those of convolutions in the other."""
    loss, found = two[0]["conv_data_fc_single"]
    assert loss == pytest.approx(one[0], rel=1e-5)
    assert_alike(found, one[1])
    convolutions = {name: gradient for name, gradient in one[1].items() if name.startswith("conv")}
    _, others = two[1]["conv_data_fc_single"]
    assert others.keys() == convolutions.keys()
    assert_alike(others, convolutions)


def test_both_are_timed(two: list[dict[str, Any]]) -> None:
    """Both kinds of step are timed, and their ratio is computed round by round."""
    for times in two[0]["times"]:
        assert times.keys() == SPEC.quantities().keys()
        assert all(value > 0 for value in times.values())
        assert times["speedup"] == pytest.approx(times["one_seconds"] / times["all_seconds"], rel=1)


def test_the_ratio_is_the_median_of_the_rounds_after_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ratio is the median of the rounds after the warm-up."""
    rounds = iter([speedup.Round(9.0, 1.0), speedup.Round(4.0, 1.0), speedup.Round(6.0, 4.0), speedup.Round(6.0, 3.0)])
    monkeypatch.setattr(speedup, "joined", lambda: Ranks(0, 2))
    monkeypatch.setattr(speedup, "timed", lambda *_args, **_kwargs: next(rounds))
    found = speedup.measure(SPEC.model_copy(update={"rounds": 3}), 0, "cpu")
    assert found == {"one_seconds": 6.0, "all_seconds": 3.0, "speedup": 2.0}


def test_it_takes_as_many_processes_as_it_is_about() -> None:
    """The measurement refuses to run in another number of processes."""
    with pytest.raises(JobFailed, match="it is about 2 processes, and this is one of 1"):
        speedup.measure(SPEC, 0, "cpu")


def test_one_planned_for_another_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measurement planned for another device is refused."""
    monkeypatch.setattr(speedup, "joined", lambda: Ranks(0, 2))
    with pytest.raises(JobFailed, match="planned for timing on abacus, but this is"):
        speedup.measure(SPEC.model_copy(update={"device_name": "abacus"}), 0, "cpu")


def test_a_scale_narrows_the_net_and_keeps_the_parts_equal() -> None:
    """A scale narrows the net and rounds the batch up to equal parts."""
    assert SPEC.with_batch(5).batch == 6
    assert SPEC.with_batch(4).batch == 4


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"net": SMALL, "gpus": 4, "scheme": "data_parallel", "batch": 6}, "a batch of 6 has no 4 equal parts"),
        ({"net": CHAIN, "gpus": 2, "scheme": "conv_data_fc_single", "batch": 2}, "no fully connected layer"),
        ({"net": SMALL, "gpus": 1, "scheme": "data_parallel", "batch": 2}, "greater than or equal to 2"),
    ],
)
def test_what_cannot_be_shared_is_refused_when_it_is_read(fields: dict[str, Any], says: str) -> None:
    """A batch or net that cannot be shared is refused when the spec is read."""
    with pytest.raises(ValueError, match=says):
        parsed("speedup", **fields)
