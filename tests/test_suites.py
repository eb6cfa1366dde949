"""The shipped suites: each is sound, plans at each of its scales, and trains real nets at its smallest scale."""

from __future__ import annotations

from functools import cache

import pytest
from suite_files import shipped, shipped_plan

from harness.store.documents import canonical
from harness.suite.shipped import shipped_names

IMAGES = 16


@pytest.mark.parametrize("name", shipped_names())
def test_every_scale_plans(name: str) -> None:
    """Every scale of a suite resolves into jobs, without any data."""
    suite = shipped(name)
    for scale in suite.file.scales:
        plan = shipped_plan(name, scale)
        assert plan.jobs or not suite.file.experiments


@pytest.mark.parametrize("name", shipped_names())
def test_a_suite_is_called_what_its_file_is(name: str) -> None:
    """A report is found by the suite's name, and a suite by the report's."""
    assert shipped(name).name == name


@pytest.mark.parametrize("name", shipped_names())
def test_every_line_of_a_suite_is_readable(name: str) -> None:
    """No line is longer than an editor shows."""
    assert [line for line in shipped(name).text.splitlines() if len(line) > 140] == []


@cache
def trainings() -> dict[str, dict[str, dict]]:
    """Return the distinct trainings (by net, first weights and optimiser) of every suite at its smallest scale.

    Specs are listed under the first suite that has them, by experiment.
    """
    found: dict[str, dict] = {}
    for suite in map(shipped, shipped_names()):
        plan = shipped_plan(suite.name, list(suite.file.scales)[-1])
        for (name, seed), key in plan.trainings.items():
            spec = plan.jobs[key].spec
            recipe = spec["recipe"]
            parts = [spec["model"], spec["input"], spec["classes"], recipe["initialisation"], recipe["optimiser"]]
            if seed == 0:
                found.setdefault(canonical(parts), {"place": (suite.name, name), "spec": spec})
    ours: dict[str, dict[str, dict]] = {name: {} for name in shipped_names()}
    for one in found.values():
        suite_name, experiment = one["place"]
        ours[suite_name][experiment] = one["spec"]
    return ours


@pytest.mark.parametrize("name", shipped_names())
def test_every_experiment_takes_training_steps(name: str) -> None:
    """Trainings that no earlier suite has take steps, except those with full-size images at the smallest scale."""
    small = {one: spec for one, spec in trainings()[name].items() if max(spec["input"]) <= 64}
    for experiment, spec in small.items():
        assert_trains(experiment, spec)
    if not small:
        pytest.skip("has no training of its own, or none on small images")


def test_most_trainings_are_tried() -> None:
    """Without any, the test above would pass for nothing."""
    specs = [spec for ours in trainings().values() for spec in ours.values()]
    assert sum(max(spec["input"]) <= 64 for spec in specs) > len(specs) / 2


def assert_trains(experiment: str, spec: dict) -> None:
    """Take two steps on noise, and check that the loss is finite and weights move."""
    import torch
    import torch.nn.functional as F

    from harness.jobs.recipe import Recipe
    from harness.jobs.training.optimiser import make_optimiser
    from harness.jobs.training.train import initialised

    recipe = Recipe.parsed({"source": "", **spec["recipe"]})
    network = initialised(spec, recipe).train()
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    optimiser = make_optimiser(network, recipe.optimiser, recipe.rate)
    draws = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    for _ in range(2):
        images = 50 * torch.randn(IMAGES, *spec["input"], generator=draws)
        labels = torch.randint(spec["classes"], (IMAGES,), generator=draws)
        loss = F.cross_entropy(network(images), labels)
        assert bool(loss.isfinite()), experiment
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    moved = [key for key, tensor in network.state_dict().items() if not torch.equal(tensor, before[key])]
    assert moved, experiment
