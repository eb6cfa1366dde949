"""The page of a comparison: the style and the policy of a report, closed to hostile text."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from typing import Any

import pytest
from page_elements import PAYLOADS, Elements, with_text
from two_runs import moved, sample

from harness.report.compare.document import compare
from harness.report.compare.page import CHANGES, render


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    """The comparison of two runs that differ in everything."""
    return compare(*moved())


def test_every_cell_and_claim_is_on_the_page(compared: dict[str, Any]) -> None:
    """By id, once."""
    elements = Elements(render(compared))
    assert elements.attributes("data-cell") == [cell["id"] for cell in compared["cells"]]
    assert elements.attributes("data-claim") == [claim["id"] for claim in compared["claims"]]
    ids = elements.attributes("id")
    assert len(ids) == len(set(ids))
    assert elements.open == []


def test_the_policy_allows_its_own_style_and_script_alone(compared: dict[str, Any]) -> None:
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


def test_the_same_runs_give_the_same_page(compared: dict[str, Any]) -> None:
    """Byte for byte."""
    assert render(compare(*moved())) == render(compared)


@pytest.mark.parametrize("name", ["small", "paper"])
def test_a_run_beside_itself_is_a_page(name: str) -> None:
    """With every kind of verdict."""
    assert "IDENTICAL" in render(compare(sample(name), sample(name)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_in_the_data_becomes_markup(compared: dict[str, Any], payload: str) -> None:
    """The page has the same elements with the same attributes, whatever the texts say."""

    def hostile(text: str) -> str:
        return text if text in CHANGES or text in ("better", "worse") else text + payload

    changed = with_text(
        copy.deepcopy({key: compared[key] for key in ("title", "source", "headline", "notes")}), hostile
    )
    rows = {"cells": ("id", "label", "ref", "said", "printed", "unit"), "claims": ("id", "says", "ref")}
    document = copy.deepcopy(compared) | changed
    for kind, names in rows.items():
        for one in document[kind]:
            one |= {name: hostile(one[name]) for name in names if one[name]}
    for table in document["differing"].values():
        for row in table:
            row |= {key: None if text is None else hostile(text) for key, text in row.items()}
    assert Elements(render(document)).shape() == Elements(render(compared)).shape()


def test_every_change_is_explained(compared: dict[str, Any]) -> None:
    """In the legend, with its mark."""
    legend = render(compared).split('id="legend"')[1]
    for word in CHANGES:
        assert f"</svg>{word.upper()}</span>" in legend


def test_every_change_that_is_said_is_known(compared: dict[str, Any]) -> None:
    """Of cells, claims and other numbers."""
    said = {one["change"] for kind in ("cells", "claims", "numbers") for one in compared[kind]}
    assert said <= set(CHANGES)


def test_marks_are_drawn(compared: dict[str, Any]) -> None:
    """Each that is used is there."""
    html = render(compared)
    assert set(re.findall('href="#(mark-[a-z-]+)"', html)) <= set(re.findall('symbol id="(mark-[a-z-]+)"', html))
