"""Reads printed sizes, margins and the paper's data off the suite's text that a report keeps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from harness.data import DATASETS
from harness.report.results.document import Results
from harness.report.results.record import Json
from harness.suite.claim_parts import parent_of
from harness.suite.yaml_places import yaml_data


def declared_claim(results: Results, name: str) -> Json:
    """A claim as the suite's text declares it, of a direction the whole claim; empty where the text tells nothing."""
    return _mapping(_mapping(_suite(results.suite_yaml).get("claims")).get(parent_of(name)))


def printed_size(results: Results, name: str) -> float | None:
    """The amount or factor that the paper prints for a claim; None where it prints none."""
    claim = declared_claim(results, name)
    reduces, times = _mapping(claim.get("reduces")), _mapping(_mapping(claim.get("faster")).get("times"))
    return _number(reduces.get("by", times.get("by")))


def margin_of(results: Results, name: str) -> float | None:
    """The margin within which two arms count as equal; None where a claim declares none."""
    claim = declared_claim(results, name)
    forms = (_mapping(claim.get(operator)) for operator in ("equal", "equal_gaps", "reduces"))
    return next((margin for form in forms if (margin := _number(form.get("margin"))) is not None), None)


def smallest_effect(results: Results) -> float | None:
    """The smallest difference, in points, that the claims of this scale care about."""
    return _number(
        _mapping(_mapping(_suite(results.suite_yaml).get("scales")).get(results.scale)).get("smallest_effect")
    )


def trainings_of(results: Results, name: str) -> list[str]:
    """The slow and the fast training of a claim about convergence; empty for every other claim."""
    faster = _mapping(declared_claim(results, name).get("faster"))
    return [str(faster[arm]) for arm in ("slow", "fast") if arm in faster]


def paper_data(results: Results) -> list[str]:
    """The titles of the data sets that the paper's own experiments need, in the order of the suite."""
    experiments = _mapping(_suite(results.suite_yaml).get("experiments")).values()
    named = [_mapping(_mapping(one).get("train")).get("data") for one in experiments]
    return [data_title(str(name)) for name in dict.fromkeys(filter(None, named))]


def data_title(name: str) -> str:
    """A data set as people call it; one that this version does not know has its plain name."""
    return DATASETS[name].title if name in DATASETS else name


@lru_cache(maxsize=64)
def _suite(text: str) -> Json:
    """The data of the text; empty where it is none, for a report shows whatever its text is."""
    try:
        return _mapping(yaml_data(text))
    except ValueError:
        return {}


def _mapping(node: Any) -> Json:
    return dict(node) if isinstance(node, Mapping) else {}


def _number(node: Any) -> float | None:
    return float(node) if isinstance(node, int | float) and not isinstance(node, bool) else None


def thresholds_of(results: Results) -> list[float]:
    """The training errors that claims about convergence speak of at this scale, from the largest."""
    claims = _mapping(_suite(results.suite_yaml).get("claims")).values()
    levels = (_at_scale(_mapping(_mapping(claim).get("faster")).get("train_error"), results.scale) for claim in claims)
    return sorted({level for level in levels if level is not None}, reverse=True)


def figure_curves(results: Results) -> dict[str, tuple[list[str], str, float | None]]:
    """By figure that shows learning curves: its trainings, the quantity, and the level across it at this scale."""
    figures = _mapping(_suite(results.suite_yaml).get("figures")).items()
    return {
        str(name): (
            [str(one) for one in said.get("experiments") or ()],
            str(said["curve"]),
            _at_scale(said.get("threshold"), results.scale),
        )
        for name, said in ((name, _mapping(figure)) for name, figure in figures)
        if said.get("curve")
    }


def _at_scale(said: Any, scale: str) -> float | None:
    return _number(said.get(scale) if isinstance(said, Mapping) else said)
