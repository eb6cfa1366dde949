"""The forest plot puts everything where the numbers say, and draws no comparison that may not be made."""

import copy
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from result_documents import blank_cell, blank_results, typed

from harness.report.page import charts

SAMPLES = Path(__file__).parent.parent.parent / "samples"
CELL = {
    "id": "cnn.top1",
    "label": "CNN, Top-1",
    "printed": "37.5",
    "paper": 37.5,
    "unit": "%",
    "margin": 0.5,
    "direction": "lower",
    "values": {"0": 37.0, "1": 38.0},
    "mean": 37.5,
    "interval": [37.25, 37.75],
    "tost_interval": [37.4, 37.6],
    "prediction": [37.1, 37.9],
    "difference": 0.0,
    "outcome": "MATCH",
}


def drawn(*cells: dict[str, Any], scale: str = "paper") -> list[tuple[str, ET.Element]]:
    """The charts of these cells, parsed."""
    plots = charts.forest(typed(blank_results(scale=scale, cells=[blank_cell(**cell) for cell in cells])))
    return [(unit, ET.fromstring(plot)) for unit, plot in plots]


def of(plot: ET.Element, name: str) -> list[ET.Element]:
    """The elements of one kind, in their order."""
    return [element for element in plot.iter() if element.get("class") == f"fp-{name}"]


def middle(element: ET.Element) -> float:
    """The abscissa of an element's middle."""
    if element.tag == "rect":
        return float(element.attrib["x"]) + float(element.attrib["width"]) / 2
    return float(element.get("cx") or (float(element.attrib["x1"]) + float(element.attrib["x2"])) / 2)


def test_positions_are_linear_in_the_value():
    """Seeds half a point left and right of the printed number stand as far apart as its margin is wide."""
    ((_, plot),) = drawn(CELL)
    low, high = (middle(seed) for seed in of(plot, "seed"))
    margin = of(plot, "margin")[0]

    assert float(margin.attrib["width"]) == pytest.approx(high - low, abs=0.02)
    assert middle(of(plot, "printed")[0]) == pytest.approx((low + high) / 2, abs=0.02)
    assert middle(of(plot, "mean")[0]) == pytest.approx((low + high) / 2, abs=0.02)


def test_difference_is_drawn_about_zero():
    """A cell that is one margin above the printed number has its dot on the edge of the band."""
    ((_, plot),) = drawn(CELL | {"mean": 38.0, "difference": 0.5, "interval": None, "tost_interval": None})
    band, dot = of(plot, "margin")[1], of(plot, "mean")[1]

    assert middle(dot) == pytest.approx(float(band.attrib["x"]) + float(band.attrib["width"]), abs=0.02)
    assert middle(band) == pytest.approx(middle(of(plot, "printed")[1]), abs=0.02)


def test_interval_that_decides_is_inside_the_wider_one():
    """The 90% bar lies within the 95% bar, which lies within the prediction's."""
    ((_, plot),) = drawn(CELL)
    ends = [of(plot, kind)[-1].attrib for kind in ("tost-interval", "interval", "prediction")]
    lows, highs = [float(end["x1"]) for end in ends], [float(end["x2"]) for end in ends]

    assert sorted(lows, reverse=True) == lows
    assert sorted(highs) == highs


@pytest.mark.parametrize(("scale", "outcome"), [("paper", "NOT COMPARABLE"), ("small", "NOT COMPARABLE")])
def test_not_comparable_shows_ours_alone(scale, outcome):
    """Neither the printed number, nor its margin, nor a difference is drawn for it, even when one is given."""
    ((_, plot),) = drawn(CELL | {"outcome": outcome}, scale=scale)

    assert len(of(plot, "mean")) == 1
    assert not of(plot, "printed") + of(plot, "margin") + of(plot, "tost-interval")


def test_not_comparable_is_told_beside_judged_cells():
    """Where other cells have a difference, the empty place says that none was taken."""
    ((_, plot),) = drawn(CELL, CELL | {"outcome": "NOT COMPARABLE"})

    assert [word.text for word in of(plot, "none")] == ["no difference taken"]


@pytest.mark.parametrize("outcome", ["CITED", "NOT RUN", "FAILED"])
def test_cells_without_a_value_show_what_was_printed_only_at_paper_scale(outcome):
    """A quoted ImageNet number stands on no axis with our small errors."""
    empty = {"values": {}} | dict.fromkeys(("mean", "interval", "tost_interval", "prediction", "difference"))
    cell = CELL | empty | {"outcome": outcome}

    ((_, plot),) = drawn(cell)

    assert len(of(plot, "printed")) == 1
    assert not of(plot, "mean")
    assert drawn(cell, scale="small") == []


def test_cells_of_one_unit_share_one_axis():
    """Per cent and counts are two charts, in the order in which they come."""
    plots = drawn(CELL, CELL | {"unit": "parameters", "paper": 6e7, "mean": 6.1e7, "interval": None}, CELL)

    assert [unit for unit, _ in plots] == ["%", "parameters"]
    assert [len(of(plot, "printed")) for _, plot in plots] == [4, 2]


def test_far_away_is_an_arrow():
    """A diverged net's 99.9% leaves the margins of the others readable: it is cut, and shown to be cut."""
    ((_, plot),) = drawn(CELL, CELL | {"mean": 99.9, "difference": 62.4, "interval": [99.8, 100.0]})

    assert of(plot, "arrow")
    assert len(of(plot, "mean")) == 3
    assert float(of(plot, "margin")[1].attrib["width"]) > 8


def test_nothing_leaves_its_panel():
    """Every bar, band and dot of the samples lies between the ends of an axis."""
    for name in ("small", "paper"):
        results = json.loads((SAMPLES / f"{name}_results.json").read_text("utf-8"))
        for _, plot in charts.forest(typed(results)):
            root = ET.fromstring(plot)
            axes = [(float(axis.attrib["x1"]), float(axis.attrib["x2"])) for axis in of(root, "axis")]
            kinds = ("mean", "seed", "printed", "interval", "prediction", "tost-interval")
            places = [middle(element) for kind in kinds for element in of(root, kind)]
            assert places
            assert all(any(left <= place <= right for left, right in axes) for place in places)


@pytest.mark.parametrize(("direction", "expected"), [("lower", "\N{LEFTWARDS ARROW} better"), (None, None)])
def test_better_side_is_said_where_there_is_one(direction, expected):
    """For an error the left is better; for a ratio without a direction neither side is."""
    ((_, plot),) = drawn(CELL | {"direction": direction})
    words = [text.text or "" for text in plot.iter("text")]

    assert (expected in words) == (expected is not None)
    assert any("better" in word for word in words) == (expected is not None)


def test_chart_is_told_to_those_who_do_not_see_it():
    """An image with a title and a description, each named by the image."""
    ((_, plot),) = drawn(CELL)
    named = plot.attrib["aria-labelledby"].split()

    assert plot.attrib["role"] == "img"
    assert named == [child.attrib["id"] for child in plot[:2]]
    assert plot[0].text == "Forest plot of 1 cell in %"


def test_text_cannot_become_markup():
    """Label and unit are text, whatever is in them."""
    payload = '<b x="&'
    ((unit, plot),) = drawn(CELL | {"label": payload, "unit": payload})

    assert unit == payload
    assert not list(plot.iter("b"))
    assert payload in [text.text for text in plot.iter("text")]


def test_long_labels_are_cut_after_two_lines():
    """A row holds two lines of label; more ends in an ellipsis."""
    ((_, plot),) = drawn(CELL | {"label": "word " * 40})
    lines = of(plot, "label")

    assert len(lines) == 2
    assert (lines[1].text or "").endswith("\N{HORIZONTAL ELLIPSIS}")


def test_cells_are_left_as_they_were():
    """Drawing changes nothing in the results."""
    cell = copy.deepcopy(CELL)

    drawn(cell)

    assert cell == CELL
