"""The facts about what AlexNet's authors released, entry by entry: a recipe, a net, a printed number, or why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.jobs.rate_schedule import Changes
from harness.models.alexnet_released import AlexNetReleased
from harness.models.layers import Traced, trace
from harness.report.coverage import sound_suites
from harness.report.settled_choices import SettledRow, settled_rows
from harness.suite.load import load_suite
from harness.suite.references import known_references
from harness.suite.released import known_releases
from harness.suite.shipped import shipped_suites
from harness.suite.yaml_places import read_yaml

FACTS: dict[str, dict[str, Any]] = read_yaml(
    Path(__file__).parent.parent / "samples" / "alexnet_release_facts.yaml"
).data
RELEASED = known_releases()["alexnet"]
RECIPE = load_suite(shipped_suites() / "as_released.yaml").shared.recipes["released_145_2010"]
NET = AlexNetReleased()
LAYERS: dict[str, Traced] = {one.name: one for one in trace(NET.layers(1000), (3, 224, 224))}


def not_done(name: str) -> Callable[[Any], bool]:
    """Declared among what has no place here, with a reason."""
    return lambda _: len(RELEASED.not_done[name]) > 20


def weights_of_each_layer(facts: dict[str, Any]) -> bool:
    """Weights, biases, kernel, stride, std and first bias of every layer with weights."""
    learned = {name: one for name, one in facts.items() if "weights" in one}
    for name, one in learned.items():
        traced = LAYERS[name]
        assert (traced.weights, traced.biases) == (one["weights"], one["biases"]), name
        if "kernel" in one:
            assert traced.kernels is not None
            assert (traced.kernels.side, traced.kernels.stride) == (one["kernel"], one["stride"]), name
        initial = RECIPE.initialisation
        std = str(one["initW"]).split()[0]
        assert initial.std_of.get(name, initial.std) == float(std), name
        assert (name in initial.bias_one) == str(one["initB"]).startswith("1"), name
    return set(learned) == {one.name for one in LAYERS.values() if one.learned}


def word(one: Traced) -> str:
    """A layer as the facts call it."""
    norms = {"response_norm": "cross-map norm per half", "spatial_norm": "spatial norm"}
    words = {**norms, "max_pool": "max pool", "activation": "ReLU", "dropout": "dropout"}
    return words.get(one.layer.kind_name, one.name)


def constants(facts: dict[str, Any]) -> bool:
    """What multiplies the sums of squares, of all three normalisations."""
    first, within = LAYERS["conv1.norm"].layer.constants, LAYERS["conv2.spatial_norm"].layer.constants
    assert "0.00002" in facts["numbers"]["rnorm1_and_rnorm2"]
    assert "0.00004" in facts["numbers"]["cnorm2"]
    assert first == pytest.approx({"k": 2, "n": 5, "alpha": 0.00002, "beta": 0.75})
    assert LAYERS["conv2.norm"].layer.constants == first
    return dict(within) == pytest.approx({"k": 1, "size": 5, "alpha": 0.00004, "beta": 0.75})


def counts(facts: dict[str, Any]) -> bool:
    """By layer and in all."""
    assert {name: LAYERS[name].parameters for name in facts["by_layer"]} == facts["by_layer"]
    assert sum(one.units for one in LAYERS.values() if one.learned) == facts["outputs_of_weight_layers"]
    return sum(one.parameters for one in LAYERS.values()) == facts["total"]


def schedule(facts: dict[str, Any]) -> bool:
    """Rates of weights and biases at the start, and biases twice those of weights."""
    assert isinstance(RECIPE.schedule, Changes)
    first = RECIPE.schedule.rates(RECIPE.rate, ["conv2"], 0)["conv2"]
    return first == (facts["start"]["weights"], facts["start"]["biases"])


def first_weights(facts: dict[str, Any]) -> bool:
    """Every std and every bias at one; conv6 where the net has one."""
    initial = load_suite(shipped_suites() / "as_released.yaml").shared.recipes["released_146_2012"].initialisation
    assert {name: initial.std_of.get(name, initial.std) for name in facts["values"]} == facts["values"]
    return sorted(initial.bias_one) == sorted(facts["bias_one"])


def chain_of_the_printed_net(facts: list[str]) -> bool:
    """A switch, or a rule for first weights, for each difference; max-pooling and ReLU commute, which needs none."""
    switches = {"first_norm", "spatial_norm", "norm_groups", "alpha"}
    return switches <= AlexNetReleased.model_fields.keys() and len(facts) == len(switches) + 2


ANSWERS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "net_145": {
        "files": lambda facts: any(facts[0].removeprefix("layers/") in file for file in [RECIPE.source]),
        "chain": lambda facts: facts.replace(" (linear)", "").split(" - ") == [*map(word, LAYERS.values()), "softmax"],
        "against_the_printed_chain": chain_of_the_printed_net,
        "neuron_keyword": not_done("neuron_keyword"),
        "input": lambda facts: facts["side"] == RECIPE.crop,
        "layers": weights_of_each_layer,
        "rounding_of_sizes": lambda _: [LAYERS[f"conv{n}.pool"].output[1] for n in (1, 2, 5)] == [27, 13, 6],
        "normalisation": constants,
        "dropout": lambda _: [one.layer.constants[""] for one in LAYERS.values() if one.layer.noise] == [0.5, 0.5],
        "fc_wiring": lambda _: LAYERS["fc6"].input == (256, 6, 6) and LAYERS["fc7"].input == (4096,),
        "counts": counts,
    },
    "training": {
        "minibatch": lambda facts: facts["size"] == RECIPE.batch,
        "data_batches": not_done("data_batches"),
        "order": lambda _: RECIPE.order == "fixed",
        "partial_minibatches": lambda _: RECIPE.remainder == "trained",
        "crops": lambda facts: facts["granularity"].startswith("ONE") and RECIPE.augmentation.shared == 32,
        "colour_noise": lambda _: RECIPE.augmentation.noise_divides and RECIPE.augmentation.colour_std == 0.1,
        "mean": lambda facts: "CENTRE" in facts["what"] and RECIPE.augmentation.mean == "centre_crop",
        "rates": schedule,
        "momentum": lambda facts: facts["weights"] == facts["biases"] == RECIPE.optimiser.momentum,
        "decay": lambda facts: float(facts["weights"].split()[0]) == RECIPE.optimiser.weight_decay,
        "update_rule": lambda _: RECIPE.optimiser.rule == "rate_inside_velocity",
        "gradient_average": lambda facts: facts["over"] == "the cases of the minibatch",
        "weight_norm_limit": lambda facts: facts.startswith("none"),
        "initialisation": first_weights,
        "seeds": not_done("seeds"),
        "training_error_shown": not_done("training_error_shown"),
        "copies_of_the_net": not_done("copies_of_the_net"),
    },
}


@pytest.mark.parametrize(("section", "entry"), [(s, e) for s in ("net_145", "training") for e in FACTS[s]])
def test_every_fact_has_its_answer(section: str, entry: str) -> None:
    """In a net, a recipe, or a reason why not; an entry without one fails here."""
    assert ANSWERS[section][entry](FACTS[section][entry])


@pytest.mark.parametrize("entry", [entry for entry in FACTS["printed_numbers"] if entry != "check_of_splits"])
def test_every_printed_number_has_its_run_or_none(entry: str) -> None:
    """The digits of the notes as they stand, and no run where none is known."""
    fact, said = FACTS["printed_numbers"][entry], RELEASED.printed[entry]
    logged = fact.get("logged") or [*fact.get("logged_validation", []), *fact.get("logged_test", [])]
    assert [float(one) for one in said.logged] == logged
    assert (said.run is None) == str(fact["run"]).startswith("none")
    assert said.confidence


def test_every_error_noted_of_a_split_is_a_whole_number_of_its_images() -> None:
    """150,000 of the test set of 2010, 50,000 of validation of 2012; by which the splits are known."""
    for entry, images in (
        ("T1_CNN", 150_000),
        ("A27_one_view", 150_000),
        ("T2_1_CNN", 50_000),
        ("T2_1_CNN_star", 50_000),
    ):
        for noted in RELEASED.printed[entry].logged:
            assert abs(float(noted) * images - round(float(noted) * images)) < 0.5e-6 * images, entry


def test_logged_cells_round_to_what_is_printed() -> None:
    """In every suite; and they are those of the facts, in percent."""
    noted = {f"{100 * float(one):.4f}" for fact in RELEASED.printed.values() for one in fact.logged}
    cells = [cell for suite in sound_suites() for cell in suite.cells() if cell.logged is not None]
    assert len(cells) >= 16
    for cell in cells:
        assert cell.logged is not None
        if cell.unit == "%":
            assert f"{float(cell.logged.value):.1f}" == cell.printed, cell.id
            assert cell.logged.value in noted, cell.id


@pytest.fixture(scope="module")
def rows() -> list[SettledRow]:
    """Every choice and deviation of the shipped papers, read once."""
    return settled_rows(sound_suites(), known_references())


def test_every_choice_and_deviation_of_the_paper_has_a_status(rows: list[SettledRow]) -> None:
    """Seven choices are confirmed, six contradicted, three open; no deviation of its suites is left out."""
    own = [row for row in rows if row.ref.startswith("alexnet:")]
    choices = [row.settled for row in own if row.where == "choices"]
    assert {status: choices.count(status) for status in set(choices)} == {"confirmed": 7, "contradicted": 6, "open": 3}
    ours = {"release", "as_released"}
    spoken = [row for row in own if row.suite and row.suite not in ours and row.ref != "alexnet:table1.released_form"]
    assert [row.ref for row in spoken if row.reason.startswith("its authors released nothing")] == []


def test_every_choice_and_deviation_says_whose_it_is(rows: list[SettledRow]) -> None:
    """Choices of every paper; deviations of the suites of those with a release."""
    assert {row.paper for row in rows if row.where == "choices"} == set(known_references())
    assert all(row.ref.startswith(f"{row.paper}:") for row in rows)


def test_what_is_contradicted_says_where() -> None:
    """A file and a line each."""
    found = [*RELEASED.choices.values(), *(one for many in RELEASED.deviations.values() for one in many)]
    assert [one.fact for one in found if one.status == "contradicted" and not one.at] == []
