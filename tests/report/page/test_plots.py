"""Charts of several nets put every value where it belongs, and tell arms apart by more than colour."""

import numpy as np
import pytest
from drawn_pictures import SVG, strokes, svg, words

from harness.report.page import plots

LAYERS = np.array(["conv1", "conv2", "fc1"])
FALLING = {"0": [[1, 60.0], [2, 40.0], [3, 20.0]], "1": [[1, 64.0], [2, 44.0], [3, 24.0]]}
SLOW = {"0": [[1, 70.0], [2, 65.0], [3, 60.0]], "1": [[1, 72.0], [2, 66.0]]}


def arms(*rows: list[float], name: str = "means") -> dict[str, dict[str, np.ndarray]]:
    """Seeds of one arm, by their values at three layers."""
    return {
        str(seed): {"layers": LAYERS, name: np.array(row), "decays": np.full(3, 1e-3)} for seed, row in enumerate(rows)
    }


def per_class(**changes: np.ndarray) -> dict[str, np.ndarray]:
    """An inspection's arrays of four classes, one of them without an image."""
    base = {"errors": [50.0, 0.0, 0.0, 10.0], "counts": [2, 2, 0, 2], "class_names": list("abcd"), "top": 5}
    return {name: np.array(value) for name, value in {**base, **changes}.items()}


def heights(path: str) -> list[float]:
    """The ordinates of a path."""
    return [float(y) for y in path.replace("\n", " ").split()[2::3]]


def test_several_experiments_stand_in_one_chart():
    """Each with its own colour and dashes, named above."""
    picture = plots.convergence({"relu": FALLING, "tanh": SLOW}, "train_error", "Figure 1")
    assert picture is not None

    assert {"relu", "tanh", "training error, %"} <= set(words(picture.data_uri))
    for name in ("series", "amber"):
        assert len(strokes(picture.data_uri, name)) >= 4  # two seeds, their mean, the legend
    dashed = [path for path in svg(picture.data_uri).iter(f"{SVG}path") if "stroke-dasharray" in path.get("style", "")]
    assert any("var(--amber)" in path.attrib["style"] for path in dashed)


def test_mean_ends_where_the_first_seed_ends():
    """No mean is taken over survivors; a cross marks the end."""
    picture = plots.convergence({"tanh": SLOW}, "train_error", "")
    assert picture is not None
    longest = max(strokes(picture.data_uri, "series"), key=lambda path: path.count("L"))

    assert longest.count("L") == 2  # seed 0, to its third epoch
    mean = [path for path in strokes(picture.data_uri, "series") if path.count("L") == 1 and "M" in path]
    assert len(mean) >= 2  # seed 1 and the mean, to the second
    assert "seed 1: from 72 at epoch 1 to 66 at epoch 2" in picture.alt


def test_threshold_is_drawn_and_named():
    """A line across the curves, with its value at the end."""
    with_line, without = (plots.convergence({"relu": FALLING}, "train_error", "", level) for level in (25.0, None))
    assert with_line is not None
    assert without is not None

    assert words(with_line.data_uri).count("25") == words(without.data_uri).count("25") + 1
    assert len(strokes(with_line.data_uri, "muted")) == len(strokes(without.data_uri, "muted")) + 1


@pytest.mark.parametrize("seeds", [{}, {"0": []}, {"0": [[1, None]]}])
def test_nothing_finite_is_no_picture(seeds):
    """An empty chart would look like a result."""
    assert plots.convergence({"relu": seeds}, "train_error", "") is None


def test_an_arm_without_curves_takes_no_colour_from_the_others():
    """What is not there is neither drawn nor named."""
    alone, beside = (
        plots.convergence(given, "train_error", "") for given in ({"relu": FALLING}, {"relu": FALLING, "tanh": {}})
    )

    assert alone == beside


def test_coefficients_are_drawn_by_depth():
    """Names of layers below, the mean over seeds as a line, higher values higher."""
    picture = plots.coefficients({"channel": arms([0.6, 0.2, 0.1], [0.8, 0.4, 0.1])}, "Table 1")

    assert set(LAYERS) <= set(words(picture.data_uri))
    mean, *_ = (heights(path) for path in strokes(picture.data_uri, "series") if path.count("L") == 2)
    assert mean[0] < mean[1] < mean[2]  # SVG counts downwards
    assert "conv1 0.7, conv2 0.3, fc1 0.1" in picture.alt


def test_arms_of_different_depth_share_an_axis():
    """A shallower net ends earlier; the deepest names the layers."""
    short = {"0": {"layers": LAYERS[:2], "means": np.array([0.5, 0.4])}}

    picture = plots.coefficients({"short": short, "deep": arms([0.6, 0.2, 0.1])}, "")

    assert [word for word in words(picture.data_uri) if word in LAYERS] == list(LAYERS)


def test_gradients_have_a_logarithmic_axis():
    """From 1e-9 to 1 in even steps, zero left out."""
    picture = plots.gradients({"xavier": arms([1e-9, 0.0, 1.0], name="gradients")}, "Figure 3")

    ticks = [word for word in words(picture.data_uri) if word.startswith("1e")]
    assert ticks
    assert "weight decay" in " ".join(words(picture.data_uri))
    assert "conv2 0" in picture.alt


def test_classes_are_sorted_and_counted():
    """A class without images is none; the worst is named."""
    picture = plots.per_class(per_class(), "Figure 6")

    assert picture.alt == "1 of 3 classes at zero, mean 20.00;\nworst: a 50.0, d 10.0, b 0.0"
    assert "top-5 error, %" in words(picture.data_uri)


def test_reductions_take_the_place_of_errors():
    """Against another net the worst classes are those that rose, with a true minus sign."""
    picture = plots.per_class(per_class(reductions=[-5.0, 0.0, 9.0, 20.0]), "Figure 7")

    assert picture.alt == (
        "1 classes better, 1 the same, 1 worse, mean 5.00;\nworst: a \N{MINUS SIGN}5.0, b 0.0, d 20.0"
    )


def test_a_sixth_arm_is_drawn_too():
    """Colours begin again; nothing is left out for want of one."""
    many = {f"arm{number}": arms([0.1 * number] * 3) for number in range(1, 8)}

    assert set(many) <= set(words(plots.coefficients(many, "").data_uri))
