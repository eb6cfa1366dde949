"""Random measurements, which expose claims that no measurement can contradict."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from inspected_nets import InspectedNet

from harness.jobs.inspections.on_device import neighbours
from harness.jobs.measures.arithmetic import Arithmetic
from harness.jobs.measures.configuration import Configuration
from harness.judge.cells import Measured, judge_cell
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
from harness.suite.claims import Claim
from harness.suite.file import Suite

SEEDS, IMAGES, DRAWS, FEW = 6, 10_000, 400, 20
PRELU = {"name": "prelu_small", "width": 0.06, "activation": "prelu_channel", "levels": [4, 2, 1],
         "stem": {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]}}  # fmt: skip
Values = dict[str, float]
INSPECTED = ("coefficients", "gradients", "kernels", "neighbours", "panel", "per_class")
"""Inspections that are taken of random nets; numbers of those that a package adds are drawn."""


@dataclass
class RandomNets:
    """Measurements of the real inspections on nets with random weights, with predictions of any quality."""

    root: Path
    count: int = 10
    found: dict[str, list[Values]] = field(default_factory=dict)

    def measured(self, spec: Any) -> list[Values]:
        """Return the numbers of one kind of inspection on every random net."""
        asked = {"what": spec.what} | ({"queries": 60, "shown": 2} if spec.what == "neighbours" else {})
        asked |= {"evaluation": "test", "images": 8} if spec.what == "panel" else {}
        asked |= {"evaluation": "test", "against": "other", "top": 1} if spec.what == "per_class" else {}
        asked |= {"layer": "conv1", "groups": 2} if spec.what == "kernels" else {}
        asked |= {"batch": 8} if spec.what == "gradients" else {}
        if spec.what not in self.found:
            self.found[spec.what] = [self._of(number, asked) for number in range(self.count)]
        return self.found[spec.what]

    def _of(self, number: int, asked: dict[str, Any]) -> Values:
        net = {"coefficients": self.prelu, "kernels": self.coloured}.get(asked["what"], self.alexnet)
        draws = torch.Generator().manual_seed(number)
        scale = 10 ** (4 * number / (self.count - 1) - 3)
        for name, tensor in net.network.named_parameters():
            start = 0.25 if name.endswith("activation.weight") else 0.0
            spread = scale / max(1, tensor[0].numel()) ** 0.5
            spread = 0.0 if tensor.dim() == 1 and start == 0 and number % 2 else spread  # without biases signals vanish
            tensor.data = start + torch.randn(tensor.shape, generator=draws) * spread
        net.keep_weights()
        inputs = ()
        if asked["what"] in ("panel", "per_class"):
            for name in ("test", "against"):
                net.tested(self._predictions(net, draws), name=name)
            inputs = ("test", "against") if asked["what"] == "per_class" else ("test",)
        with shuffled_labels(number) if number % 2 else nullcontext():
            result, _ = net.inspected(asked, *inputs)
        return dict(result["values"])

    @staticmethod
    def _predictions(net: InspectedNet, draws: torch.Generator) -> np.ndarray:
        labels = net.split("test").labels
        skill = 2 * torch.rand((), generator=draws) ** 3
        right = torch.nn.functional.one_hot(labels, 10) * skill
        return (right + torch.rand((len(labels), 10), generator=draws)).numpy()

    @cached_property
    def alexnet(self) -> InspectedNet:
        """Return a net with kernels and hidden features."""
        return InspectedNet(self.root / "alexnet")

    @cached_property
    def coloured(self) -> InspectedNet:
        """Return a net for colour images."""
        return InspectedNet(self.root / "coloured", channels=3)

    @cached_property
    def prelu(self) -> InspectedNet:
        """Return a net with learned slopes."""
        return InspectedNet(self.root / "prelu", model=dict(PRELU))


def one_sided(suite: Suite, nets: RandomNets) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the claims that every measurement confirms, and those that none does.

    Neither has those that are said to hold by construction, which are never confirmed, and times, which never compare.
    """
    chance = Chance(suite, nets)
    found = {one: chance.outcomes(one, claim) for one, claim in decided_by_us(suite).items()}
    always = {one: seen for one, seen in found.items() if seen == {"CONFIRMED"}}
    never = {one: seen for one, seen in found.items() if not seen & {"CONFIRMED", "BY CONSTRUCTION"}}
    # A clock is not the paper's.
    return always, {one: seen for one, seen in never.items() if seen != {"NOT COMPARABLE"}}


def decided_by_us(suite: Suite) -> dict[str, Claim]:
    """Return the claims that a result of ours decides."""
    cells = {cell.id: cell for cell in suite.cells()}
    return {
        name: claim
        for name, claim in suite.file.claims.items()
        if claim.quoted is None and claim.impossible is None
        and any(one not in cells or cells[one].place is not None for one in claim.operands or ("",))
    }  # fmt: skip


@contextmanager
def shuffled_labels(seed: int) -> Iterator[None]:
    """Exchange the labels of training images while neighbours are counted."""
    counted = neighbours.rates

    def shuffled(found: Any, labels: torch.Tensor, training: torch.Tensor) -> Values:
        order = torch.randperm(len(training), generator=torch.Generator().manual_seed(seed))
        return counted(found, labels, training[order])

    with patch.object(neighbours, "rates", shuffled):
        yield


@dataclass
class Chance:
    """Draws everything that the claims of a suite rest on, regardless of any method."""

    suite: Suite
    nets: RandomNets
    draws: random.Random = field(default_factory=lambda: random.Random(0))
    stated: bool = True
    """Whether the judge knows which numbers repeat the suite's own text."""

    def outcomes(self, name: str, claim: Claim, wanted: int = 2) -> set[str]:
        """Return the outcomes of a claim over many draws; stops once it was confirmed and was not."""
        found: set[str] = set()
        for number in range(DRAWS):
            found.add(self.outcome(name, claim, "paper" if number % 2 else "small"))
            both = "CONFIRMED" in found and len(found) >= wanted
            neither = number > FEW and found <= {"BY CONSTRUCTION", "NOT COMPARABLE"}
            if both or neither:
                break
        return found

    @cached_property
    def cells(self) -> dict[str, Any]:
        """The printed numbers of the suite."""
        return {cell.id: cell for cell in self.suite.cells()}

    def outcome(self, name: str, claim: Claim, scale: Any) -> str:
        """Return the real judge's verdict on one draw."""
        cells = self.cells
        names = list(claim.cells or claim.operands)
        places = {one: ".".join(cells[one].place or ()) if one in cells else one for one in names}
        measured = self._measured(claim, [place for place in places.values() if place], cells)
        judged = {one: judge_cell(cells[one], measured.get(places[one]), scale) for one in names if one in cells}
        world = self.suite.file.scales.get(scale)
        smallest = world.smallest_effect if world is not None else None
        evidence = Evidence(judged, measured, self._curves(claim), scale, smallest_effect=smallest)
        return judge_claims({name: claim}, evidence)[0].outcome

    def _measured(self, claim: Claim, places: Sequence[str], cells: Mapping[str, Any]) -> dict[str, Measured]:
        bases = self._bases(claim, places, cells)
        read: dict[tuple[str, ...], list[Values]] = {}
        found = {}
        for place, base in zip(places, bases, strict=True):
            parts = place.split(".")
            experiment = self.suite.file.experiments[parts[0]]
            if len(parts) == 3 and parts[1] in experiment.inspect and experiment.inspect[parts[1]].what in INSPECTED:
                pool = self.nets.measured(experiment.inspect[parts[1]])
                pool = [values for values in pool if parts[2] in values]  # a gradient of zero has no ratio
                first = self.draws.randrange(len(pool) - 4)  # three nets of equal scale, all with or without shuffling
                alike = self.draws.choice([pool, pool[first : first + 5 : 2]])
                drawn = read.setdefault((parts[0], parts[1]), self.draws.choices(alike, k=SEEDS))
                found[place] = _trained([values[parts[2]] for values in drawn])
            elif experiment.measure is not None:
                found[place] = self._quantity(experiment.measure, parts[1], base, printed=_printed(claim))
            else:
                spread = self.draws.choice([0.005, 0.5])
                found[place] = _trained([base + self.draws.gauss(0, spread) for _ in range(SEEDS)])
        return found

    def _quantity(self, measure: Any, name: str, base: float, *, printed: bool) -> Measured:
        """Return a number of a measurement; one that repeats the suite's own text has only one value.

        Arithmetic that is compared with a printed number is applied to other printed numbers, which might have been
        different.
        """
        if isinstance(measure, Arithmetic) and printed and self.draws.random() < 0.5:
            given = {one: value * self.draws.uniform(0.5, 1.5) for one, value in measure.given.items()}
            measure = measure.model_copy(update={"given": given})
        if isinstance(measure, Arithmetic | Configuration):
            stated: Any = "arithmetic" if isinstance(measure, Arithmetic) else "configuration"
            return replace(_exactly(measure.numbers()[name].value), stated=stated if self.stated else "")
        if measure.what in ("timing", "speedup"):
            return replace(_trained([base * (1 + self.draws.gauss(0, 0.02)) for _ in range(SEEDS)]), how="timed")
        if measure.what in ("first_step", "propagation", "rescaling"):
            return replace(_trained([base * (1 + self.draws.gauss(0, 0.02)) for _ in range(SEEDS)]), how="drawn")
        return _exactly(base)

    def _bases(self, claim: Claim, places: Sequence[str], cells: Mapping[str, Any]) -> list[float]:
        """Return an approximate value for each operand: near the stated value, or anywhere."""
        wanted = [cell.paper for place in places for cell in cells.values() if ".".join(cell.place or ()) == place]
        if claim.exact is not None:
            said = claim.exact
            limits = [said.equals, said.at_least, said.at_most, said.printed and float(said.printed.replace(",", ""))]
            wanted = [float(limit) for limit in limits if limit is not None]
        if claim.cells is not None and len(wanted) == len(places) and self.draws.random() < 0.5:
            return list(wanted)
        if claim.exact is not None and wanted and wanted[0] != 0:
            return [self.draws.choice(wanted) * self.draws.choice([1.0, self.draws.uniform(0, 3)])]
        if claim.exact is not None:
            return [self.draws.choice([0.0, self.draws.uniform(-2, 2)])]
        first = self.draws.choice([90.0, self.draws.uniform(5, 90)])
        same = self.draws.random() < 0.3
        found = [first if same else self.draws.uniform(5, 90) for _ in places]
        if claim.reduces is not None and self.draws.random() < 0.5:
            found[1] = found[0] - claim.reduces.by
        return found

    def _curves(self, claim: Claim) -> dict[str, Any]:
        if claim.faster is None:
            return {}
        times = claim.faster.times.by if claim.faster.times else 1.0
        slow = self.draws.uniform(0.05, 0.3)
        fast = slow * self.draws.choice([times, self.draws.uniform(0.3, 3)])
        return {claim.faster.slow: self._learned(slow), claim.faster.fast: self._learned(fast)}

    def _learned(self, rate: float) -> dict[str, Any]:
        """Return training errors that fall from 90% at about this rate, by seed."""
        curves = {}
        for seed in range(SEEDS):
            own = rate * (1 + self.draws.gauss(0, 0.02))
            curves[str(seed)] = [[epoch, 90 * (1 - own) ** epoch] for epoch in range(1, 120)]
        return {"train_error": curves}


def _printed(claim: Claim) -> bool:
    return claim.cells is not None or (claim.exact is not None and claim.exact.printed is not None)


def _trained(values: Sequence[float]) -> Measured:
    return Measured(values=dict(enumerate(values)), declared_seeds=len(values), images=IMAGES, guessing=90.0)


def _exactly(value: float) -> Measured:
    return Measured(values={0: value}, declared_seeds=1, how="exact")
