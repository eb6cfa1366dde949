"""The page of a comparison: the style and the policy of a report, closed to hostile text."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from page_elements import PAYLOADS, Elements, with_text
from result_documents import typed
from two_runs import moved, sample

from harness.report.compare.comparison import Comparison
from harness.report.compare.document import compare
from harness.report.compare.page import CHANGES, render


def compared_of(a: dict[str, Any], b: dict[str, Any], names: tuple[str, str] = ("A", "B")) -> Comparison:
    """The comparison of two plain documents."""
    return compare(typed(a), typed(b), names)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """The comparison of two runs that differ in everything."""
    return compared_of(*moved())


def test_every_cell_and_claim_is_on_the_page(compared: Comparison) -> None:
    """By id, once."""
    elements = Elements(render(compared))
    assert elements.attributes("data-cell") == [cell.id for cell in compared.cells]
    assert elements.attributes("data-claim") == [claim.id for claim in compared.claims]
    ids = elements.attributes("id")
    assert len(ids) == len(set(ids))
    assert elements.open == []


def test_the_policy_allows_its_own_style_and_script_alone(compared: Comparison) -> None:
    """By their digests; nothing is loaded."""
    elements = Elements(render(compared))
    (policy,) = [text for text in elements.attributes("content") if "default-src" in text]
    for name in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(elements.raw[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert not [
        url for name in ("src", "href") for url in elements.attributes(name) if not url.startswith(("#", "data:"))
    ]


def test_the_same_runs_give_the_same_page(compared: Comparison) -> None:
    """Byte for byte."""
    assert render(compared_of(*moved())) == render(compared)


@pytest.mark.parametrize("name", ["small", "paper"])
def test_a_run_beside_itself_is_a_page(name: str) -> None:
    """With every kind of verdict."""
    assert "IDENTICAL" in render(compared_of(sample(name), sample(name)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_in_the_data_becomes_markup(compared: Comparison, payload: str) -> None:
    """The page has the same elements with the same attributes, whatever the texts say."""

    def hostile(text: str) -> str:
        return text if text in CHANGES or text in ("better", "worse") else text + payload

    document = compared.model_dump()
    document |= with_text({key: document[key] for key in ("title", "source", "headline", "notes")}, hostile)
    rows = {"cells": ("id", "label", "ref", "said", "printed", "unit"), "claims": ("id", "says", "ref")}
    for kind, names in rows.items():
        for one in document[kind]:
            one |= {name: hostile(one[name]) for name in names if one[name]}
    for table in document["differing"].values():
        for row in table:
            row |= {key: None if text is None else hostile(text) for key, text in row.items()}
    assert Elements(render(Comparison.model_validate(document))).shape() == Elements(render(compared)).shape()


def test_every_change_is_explained(compared: Comparison) -> None:
    """In the legend, with its mark."""
    legend = render(compared).split('id="legend"')[1]
    for word in CHANGES:
        assert f"</svg>{word.upper()}</span>" in legend


def test_every_change_that_is_said_is_known(compared: Comparison) -> None:
    """Of cells, claims and other numbers."""
    said = {one.change for one in (*compared.cells, *compared.claims, *compared.numbers)}
    assert said <= set(CHANGES)


def test_marks_are_drawn(compared: Comparison) -> None:
    """Each that is used is there."""
    html = render(compared)
    assert set(re.findall('href="#(mark-[a-z-]+)"', html)) <= set(re.findall('symbol id="(mark-[a-z-]+)"', html))
