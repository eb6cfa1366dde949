"""Learning curves are the page's own: its colours, its ids, the same bytes anywhere, and no median over survivors."""

import xml.etree.ElementTree as ET
from typing import Any

import matplotlib as mpl
import pytest

from harness.report.page import curves

FALLING = {"train_loss": {"0": [[1, 2.0], [2, 1.0], [3, 0.5]], "1": [[1, 3.0], [2, 2.0], [3, 1.5]]}}
STOPPED = {"train_loss": {"0": [[1, 2.0], [2, 1.0], [3, 0.5]], "1": [[1, 3.0], [2, 2.0]]}}


@pytest.fixture(scope="module", autouse=True)
def curves_drawn_once() -> None:
    """Draw each panel anew."""


def only(metrics: dict[str, Any]) -> curves.Panel:
    """The panel of the one metric given."""
    (panel,) = curves.learning_curves({"cnn": metrics})
    return panel


def paths(panel: curves.Panel, kind: str, width: str | None = None) -> list[str]:
    """What is drawn in one colour, and perhaps one width."""
    drawn = [shape for shape in ET.fromstring(panel.svg).iter() if kind in shape.get("class", "").split()]
    return [shape.get("d", "") for shape in drawn if width in (None, shape.get("stroke-width"))]


def test_same_curves_same_bytes_whatever_the_reader_has_set():
    """A matplotlibrc of one's own, or a session's settings, do not reach the page, and are left as they were."""
    first = only(FALLING)
    with mpl.rc_context({"lines.linewidth": 9, "svg.fonttype": "path", "font.size": 30}):
        again = only(FALLING)
        assert mpl.rcParams["lines.linewidth"] == 9

    assert first == again


def test_charts_follow_the_theme():
    """No colour of its own and no style attribute are left; what is drawn has a class of the page."""
    svg = only(FALLING).svg
    root = ET.fromstring(svg)

    assert "style" not in {name for element in root.iter() for name in element.keys()}  # noqa: SIM118 - an Element
    assert "#0" not in svg.replace('"#', "")
    assert {"fill-series", "stroke-series", "stroke-muted", "fill-muted", "stroke-grid"} <= {
        name for element in root.iter() for name in element.get("class", "").split()
    }


def test_ids_of_two_panels_differ():
    """All panels stand in one page: no id is used twice."""
    panels = curves.learning_curves({"a": FALLING | {"train_error": FALLING["train_loss"]}})
    ids = [e.attrib["id"] for panel in panels for e in ET.fromstring(panel.svg).iter() if "id" in e.attrib]

    assert ids
    assert len(set(ids)) == len(ids)


def test_every_seed_is_drawn_with_a_median_and_a_band():
    """Two thin lines, one thick, one band."""
    panel = only(FALLING)

    (seeds,) = paths(panel, "stroke-series", "0.8")
    assert seeds.count("M") == 2
    assert len(paths(panel, "stroke-series", "1.8")) == 1
    assert len(paths(panel, "fill-series")) == 1
    assert panel.notes == []


def test_median_ends_where_the_first_seed_ends():
    """After seed 1 has stopped there is no median: one over the survivors would flatter."""
    (whole,), (cut,) = (paths(only(metrics), "stroke-series", "1.8") for metrics in (FALLING, STOPPED))

    assert whole.count("l") == 2
    assert cut.count("l") == 1


@pytest.mark.parametrize("end", [[], [[3, None]], [[3, float("nan")]], [[3, float("inf")]]])
def test_a_seed_that_stops_is_marked_and_named(end):
    """Ended early or not finite any more: the panel says which seed and when."""
    panel = only({"train_loss": {"0": FALLING["train_loss"]["0"], "1": [[1, 3.0], [2, 2.0], *end]}})

    assert panel.notes == ["cnn seed 1 stops at epoch 2"]
    assert "stroke-ink" in panel.svg


def test_a_seed_without_any_finite_value_is_named():
    """It cannot be drawn, and it is not passed over; nor is there a median without it."""
    panel = only({"train_loss": {"0": FALLING["train_loss"]["0"], "1": [[1, None]]}})

    assert panel.notes == ["cnn seed 1 has no finite value"]
    assert paths(panel, "stroke-series", "1.8") == []


def test_a_metric_without_any_finite_value_has_no_panel():
    """Nothing to draw is no panel, not an empty one."""
    assert curves.learning_curves({"cnn": {"train_loss": {"0": [[1, None]]}, "train_error": {}}}) == []


def test_one_metric_has_one_vertical_axis():
    """The same value stands at the same height in every panel, also where there are more arms than colours."""
    many = {f"arm {number}": FALLING for number in range(6)}
    first, second = curves.learning_curves(many)
    assert (len(first.arms), second.arms) == (5, ["arm 5"])
    assert paths(first, "stroke-series", "0.8") == paths(second, "stroke-series", "0.8")


def test_arms_lie_over_each_other_told_apart_by_colour_and_dashes():
    """Two experiments are one picture, so that a reader compares them in place."""
    (panel,) = curves.learning_curves({"relu": FALLING, "tanh": FALLING})
    assert panel.arms == ["relu", "tanh"]
    (dashed,) = [
        e
        for e in ET.fromstring(panel.svg).iter()
        if "stroke-amber" in e.get("class", "") and e.get("stroke-width") == "1.8"
    ]
    assert "stroke-dasharray" in dashed.attrib


def test_a_seed_that_ends_far_from_the_others_is_named():
    """One dead seed neither hides in the lines nor pulls the thick one."""
    seeds = {str(seed): [[1, 90.0], [2, 10.0 + seed / 10]] for seed in range(5)} | {"5": [[1, 90.0], [2, 90.0]]}
    assert only({"train_error": seeds}).notes == ["cnn seed 5 ends at 90, far from the others"]


def test_thresholds_lie_across_training_errors_and_the_axis_tells_steps():
    """A claim's training error is drawn in, and an epoch says how many steps it has."""
    (panel,) = curves.learning_curves({"cnn": {"train_error": FALLING["train_loss"]}}, [1.5], {"cnn": 156.0})
    dashed = [
        e for e in ET.fromstring(panel.svg).iter() if e.get("stroke-dasharray") and "stroke-muted" in e.get("class", "")
    ]
    assert len(dashed) == 1
    assert "epoch (156 steps each)" in [text.text for text in ET.fromstring(panel.svg).iter("text")]


def test_an_exploding_loss_is_cut_and_told():
    """A seed at a million times its first loss does not flatten all others."""
    panel = only({"train_loss": {"0": FALLING["train_loss"]["0"], "1": [[1, 3.0], [2, 3e6], [3, 4e6]]}})

    assert panel.notes == ["values above the axis are cut"]


@pytest.mark.parametrize(("metric", "expected"), [("train_loss", ["1", "2"]), ("train_error", ["1", "2", "3"])])
def test_losses_are_logarithmic(metric, expected):
    """A loss has ticks at 1, 2, 5; an error evenly spaced ones."""
    panel = only({metric: FALLING["train_loss"]})
    ticks = [text.text for text in ET.fromstring(panel.svg).iter("text")]

    assert set(expected) <= set(ticks)
    assert ("0.5" in ticks, "0.5" not in ticks)[metric == "train_error"]


def test_a_loss_of_zero_has_a_linear_axis():
    """A logarithm of nothing is not asked for."""
    panel = only({"train_loss": {"0": [[1, 2.0], [2, 0.0]]}})

    assert "0" in [text.text for text in ET.fromstring(panel.svg).iter("text")]


def test_metrics_come_in_the_order_a_reader_expects():
    """Training before validation, loss before error, the rest by name."""
    names = ["zeta", "validation_error", "alpha", "train_error", "train_loss"]
    panels = curves.learning_curves({"cnn": dict.fromkeys(names, FALLING["train_loss"])})

    assert [panel.metric for panel in panels] == ["train_loss", "train_error", "validation_error", "alpha", "zeta"]


def test_seeds_are_numbers():
    """Seed 10 comes after seed 9."""
    assert curves.by_seed({"10": 0, "x": 0, "2": 0}) == [("2", 0), ("10", 0), ("x", 0)]


def test_names_cannot_become_markup():
    """An experiment's or a metric's name stands in a title as text, and is never read as mathematics."""
    (panel,) = curves.learning_curves({"<b>$\\frac": {"<i>$^": FALLING["train_loss"]}})
    root = ET.fromstring(panel.svg)

    assert root[0].text == "<i>$^: <b>$\\frac"
    assert not [*root.iter("b"), *root.iter("i")]


def test_chart_is_told_to_those_who_do_not_see_it():
    """Where the median of an arm began and ended, in words."""
    root = ET.fromstring(only(FALLING).svg)

    assert root.attrib["role"] == "img"
    assert root[1].text == "cnn: median of 2 seeds from 2.5 at epoch 1 to 1 at epoch 3."
