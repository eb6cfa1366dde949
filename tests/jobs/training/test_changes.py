"""Tests of lists of changes in a training: the rates and noise of each step, and their use by the optimiser."""

from __future__ import annotations

import torch

from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.rate_schedule import Rates
from harness.jobs.recipe import Recipe, RecipeChange
from harness.jobs.training.changes import ListedChanges
from harness.jobs.training.optimiser import make_optimiser
from harness.models.layers import Activation, Conv, Linear, trace
from harness.models.network import Network, build
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

RELEASED = load_suite(shipped_suites() / "table1.yaml").shared.recipes["released_145_2010"]
LAYERS = (Conv("conv1", 3, 3), Activation("relu", "relu"), Linear("fc8", 5))
SCHEDULE = [
    {"at": 0, "biases": 0.02},
    {"at": 1.5, "weights": 0.001},
    {"at": 2, "layers": ["conv1"], "weights": 0.0},
    {"at": 2, "colour_std": 0.0},
]
"""Changes with times in epochs of four steps."""
RULE = Optimiser(rule="rate_inside_velocity", momentum=0.9, weight_decay=0.0005)


def recipe() -> Recipe:
    """Return a recipe of batches of eight, two in the last of 26 images, with the schedule above."""
    change = {"batch": 8, "schedule": {"rule": "changes", "changes": SCHEDULE}}
    return RecipeChange.parsed(change).applied_to(RELEASED)


def listed(of: Recipe) -> ListedChanges:
    """Return the changes of a training on 26 images."""
    return ListedChanges(of, 26, trace(LAYERS, (3, 4, 4)))


def test_changes_come_before_the_step_nearest_to_their_time() -> None:
    """A change takes effect before the step nearest to its time: at the start, within an epoch, and between epochs."""
    changes = listed(recipe())
    assert changes.steps == 4
    due = [(epoch, step) for epoch in range(3) for step in range(4) if changes.due(epoch, step)]
    assert due == [(0, 0), (1, 2), (2, 0)]
    assert changes.rates(1, 1) == {"conv1": Rates(0.01, 0.02), "fc8": Rates(0.01, 0.02)}
    assert changes.rates(1, 2) == {"conv1": Rates(0.001, 0.02), "fc8": Rates(0.001, 0.02)}
    assert changes.rates(2, 3) == {"conv1": Rates(0, 0), "fc8": Rates(0.001, 0.02)}


def test_another_schedule_has_no_changes() -> None:
    """Another schedule has no changes; its noise stays."""
    other = listed(RELEASED.model_copy(update={"schedule": {"rule": "fixed", "after": [], "factor": 0.1}}))
    assert not any(other.due(epoch, step) for epoch in range(3) for step in range(4))
    assert other.noise(torch.eye(3), 9, 0).std == 0.1


def test_noise_and_its_division_end_together() -> None:
    """Noise and the division by it end together."""
    changes, views = listed(recipe()), torch.ones(2, 3, 4, 4)
    draws = torch.Generator().manual_seed(0)
    before, after = changes.noise(torch.eye(3), 1, 3), changes.noise(torch.eye(3), 2, 0)
    assert not torch.equal(before.added_to(views, draws), views)
    assert torch.equal(after.added_to(views, draws), views)
    assert (before.divisor, after.divisor) == (1.1, 1.0)


def test_each_parameter_follows_the_printed_rule_at_its_own_rate() -> None:
    """Each parameter follows the printed rule at its own rate; a frozen layer keeps every bit, biases included."""
    changes, network = listed(recipe()), drawn()
    optimiser = make_optimiser(network, RULE, 0.01, by_layer=True)
    w = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    v = {name: torch.zeros_like(one) for name, one in w.items()}
    for number in range(12):
        epoch, step = divmod(number, 4)
        if changes.due(epoch, step):
            changes.set_rates(optimiser, epoch, step)
        draws = torch.Generator().manual_seed(number)
        for name, parameter in network.named_parameters():
            layer, kind = name.split(".")
            rates = changes.rates(epoch, step)[layer]
            rate, decay = (rates.weights, 0.0005) if kind == "weight" else (rates.biases, 0.0)
            parameter.grad = torch.randn(parameter.shape, generator=draws, dtype=torch.float64)
            if rate:
                v[name] = 0.9 * v[name] - decay * rate * w[name] - rate * parameter.grad
                w[name] = w[name] + v[name]
        kept = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
        optimiser.step()
        for name, parameter in network.named_parameters():
            assert (parameter - w[name]).abs().max() < 1e-14
            assert not (epoch == 2 and name.startswith("conv1")) or torch.equal(parameter, kept[name])


def drawn() -> Network:
    """Return the small net in float64, the same at every call."""
    network = build(LAYERS, (3, 4, 4))
    draws = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2, generator=draws)
    return network.double()
