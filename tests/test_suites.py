"""The shipped suites: each is sound, plans at each of its scales, and trains real nets in its smallest world."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan.graph import make_plan
from harness.store.documents import canonical
from harness.suite.file import Suite
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

SUITES = [load_suite(path) for path in sorted(shipped_suites().glob("*.yaml"))]
NAMES = [suite.name for suite in SUITES]
IMAGES = 16


@pytest.mark.parametrize("suite", SUITES, ids=NAMES)
def test_every_scale_plans(suite: Suite) -> None:
    """Every scale of a suite resolves into jobs, without any data."""
    for scale in suite.file.scales:
        plan = make_plan(suite, scale)
        assert plan.jobs or not suite.file.experiments


@pytest.mark.parametrize("suite", SUITES, ids=NAMES)
def test_a_suite_is_called_what_its_file_is(suite: Suite) -> None:
    """So that a report is found by the suite's name, and a suite by the report's."""
    assert suite.name == Path(suite.path).stem


@pytest.mark.parametrize("suite", SUITES, ids=NAMES)
def test_every_line_of_a_suite_is_readable(suite: Suite) -> None:
    """No line is longer than an editor shows."""
    assert [line for line in suite.text.splitlines() if len(line) > 140] == []


def trainings() -> dict[str, dict]:
    """Each training that differs in its net, first weights or optimiser, of every suite at its smallest scale."""
    found: dict[str, dict] = {}
    for suite in SUITES:
        plan = make_plan(suite, list(suite.file.scales)[-1])
        for (name, seed), key in plan.trainings.items():
            spec = plan.jobs[key].spec
            recipe = spec["recipe"]
            parts = [spec["model"], spec["input"], spec["classes"], recipe["initialisation"], recipe["optimiser"]]
            if seed == 0:
                found.setdefault(canonical(parts), {"id": f"{suite.name}.{name}", "spec": spec})
    return {one["id"]: one["spec"] for one in found.values()}


TRAININGS = trainings()


@pytest.mark.parametrize("name", TRAININGS)
def test_every_experiment_takes_training_steps(name: str) -> None:
    """Two steps on noise: the loss is a number, and weights move."""
    import torch
    import torch.nn.functional as F

    from harness.jobs.recipe import Recipe
    from harness.jobs.training.optimiser import make_optimiser
    from harness.jobs.training.train import initialised

    spec = TRAININGS[name]
    if max(spec["input"]) > 64:
        pytest.skip("has no small scale: it needs images of full size")
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
        assert bool(loss.isfinite())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    moved = [key for key, tensor in network.state_dict().items() if not torch.equal(tensor, before[key])]
    assert moved
