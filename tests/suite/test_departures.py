"""A scale that changes an experiment against the paper has a deviation that tells of it, or validates not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.suite.departures import check_departures
from harness.suite.file import SuiteFile
from harness.suite.yaml_places import Places

TOLD = {"paper": "p", "ours": "o", "why": "w", "expected": "e", "affects": ["cnn"], "scales": ["ci"]}
PAPER = {"seeds": 1}
NET: dict[str, Any] = {
    "train": {"model": {"name": "alexnet"}, "data": "ilsvrc2010", "recipe": "alexnet"},
    "evaluate": {"ten": {"split": "test", "views": "ten_crop"}},
}
DIGITS = {"seeds": 1, "data": "digits"}


def told(scales: dict[str, Any], deviation: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    """The faults of a suite with these scales, and one deviation or none."""
    row = {"label": "CNN", "printed": {"top1": "1"}, "value": "cnn.ten"}
    table = {"ref": "T1", "columns": {"top1": {"label": "Top-1", "metric": "top1_error"}}, "rows": {"printed": row}}
    suite = {
        "suite": "mine", "paper": "alexnet", "title": "", "source": "", "experiments": {"cnn": NET}, "table": table,
        "deviations": {} if deviation is None else {"one": deviation}, "scales": scales,
    }  # fmt: skip
    places = Places(Path("mine.yaml"))
    check_departures(SuiteFile.parsed(suite | changes), places)
    return places.lines()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"data": "digits"}, "data"),
        ({"subset": {"classes": 10, "per_class": 5}}, "subset"),
        ({"model": {"width": 0.5}}, "model"),
        ({"train": {"epochs": 1}}, "train"),
        ({"experiments": {"cnn": {"train": {"epochs": 1}}}}, "train"),
    ],
)
def test_a_change_of_which_nothing_tells_is_a_fault_with_its_remedy(change: dict[str, Any], key: str) -> None:
    """Of data, net or training, of all experiments or of one."""
    (line,) = told({"paper": PAPER, "ci": {"seeds": 1} | change})
    assert line == (
        f"mine.yaml:1:1: scales.ci: changes `{key}` of cnn against the paper, and no deviation tells of it; declare "
        "one under `deviations` with `affects: [cnn]` and `scales: [ci]`"
    )


@pytest.mark.parametrize("change", [{"affects": ["printed"]}, {"scales": ["ci", "small"]}, {}])
def test_a_deviation_of_the_scale_tells_of_it(change: dict[str, Any]) -> None:
    """It names the experiment, or its row of the table."""
    assert told({"paper": PAPER, "ci": DIGITS}, TOLD | change) == []


@pytest.mark.parametrize("change", [{"affects": ["other"]}, {"scales": ["small"]}, {"scales": None},
                                    {"scales": ["paper", "ci"]}])  # fmt: skip
def test_a_deviation_of_something_else_does_not(change: dict[str, Any]) -> None:
    """One that holds at the paper's scale too says nothing of what a smaller one changes."""
    assert len(told({"paper": PAPER, "ci": DIGITS}, TOLD | change)) == 1


@pytest.mark.parametrize("scales", [None, ["paper", "ci"]])
def test_a_deviation_of_the_papers_scale_too_is_named_with_the_reason(scales: list[str] | None) -> None:
    """Its author took it for enough."""
    (line,) = told({"paper": PAPER, "ci": DIGITS}, TOLD | {"scales": scales})
    assert "tells of it (`one` is one of scale `paper` too, and so tells of no change against it); declare" in line


def test_without_the_papers_scale_one_of_all_scales_tells() -> None:
    """There it is of nothing else."""
    assert told({"ci": DIGITS}, TOLD | {"scales": None}) == []


@pytest.mark.parametrize(
    "world", [{"seeds": 7}, {"seeds": 1, "data": "ilsvrc2010"}, {"seeds": 1, "smallest_effect": 0.5, "gpus": 2}]
)
def test_a_scale_that_changes_no_net_needs_none(world: dict[str, Any]) -> None:
    """Neither seeds, nor the same data, nor a setting of the run."""
    assert told({"paper": PAPER, "subset": world}) == []


def test_what_is_not_tested_at_a_scale_departs_from_nothing() -> None:
    """It does not run there."""
    ten = NET["evaluate"]["ten"] | {"scales": ["paper"]}
    assert told({"paper": PAPER, "ci": DIGITS}, experiments={"cnn": NET | {"evaluate": {"ten": ten}}}) == []


def test_a_system_without_a_net_departs_by_its_own_changes() -> None:
    """Changes of nets are none of its own."""
    feature = {
        "what": "fisher_vector", "descriptor": {"what": "dense_sift", "sides": [16], "step": 4}, "dimensions": 2,
        "gaussians": 2, "images": 9, "per_image": 9, "regions": [[1, 1]],
    }  # fmt: skip
    classifier = {"what": "linear_svm", "regularisation": 1e-3, "epochs": 1}
    system = {"data": "ilsvrc2010", "features": {"sift": feature}, "classifier": classifier}
    cnn = {"classify": system, "evaluate": {"ten": {"split": "test"}}}
    assert told({"paper": PAPER, "ci": {"seeds": 1, "train": {"epochs": 1}}}, experiments={"cnn": cnn}) == []
    smaller = {"seeds": 1, "experiments": {"cnn": {"classify": {"gaussians": 1}}}}
    assert "changes `classify` of cnn" in told({"paper": PAPER, "ci": smaller}, experiments={"cnn": cnn})[0]


def test_the_papers_own_scale_tells_of_its_departures_too() -> None:
    """A net made smaller there would be set against the printed numbers; one deviation of all scales tells of it."""
    scales = {"paper": PAPER | {"model": {"width": 0.5}}}
    (fault,) = told(scales)
    assert "changes `model` of cnn against the paper" in fault
    assert told(scales, {**TOLD, "scales": None}) == []
