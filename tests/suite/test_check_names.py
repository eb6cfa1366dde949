"""Names in a suite: each has to mean something, and the nearest that does is proposed."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_files import faults, loaded, place, written

from harness.data import DATASETS
from harness.suite.shipped import shipped_suites

NEAREST = [
    ("value: cnn.ten_crop", "value: cn.ten_crop", "table.rows.cnn.value: no experiment 'cn'; did you mean 'cnn'?"),
    (
        "value: cnn.ten_crop",
        "value: cnn.tencrop",
        "table.rows.cnn.value: no evaluation of 'cnn' 'tencrop'; did you mean 'ten_crop'?",
    ),
    (
        "metric: top1_error",
        "metric: top1_eror",
        "table.columns.top1.metric: no metric 'top1_eror'; did you mean 'top1_error'?",
    ),
    (
        '{top1: "47.1"',
        '{top_1: "47.1"',
        "table.rows.sparse_coding.printed.top_1: no column 'top_1'; did you mean 'top1'?",
    ),
    ("data: ilsvrc2010", "data: imagenet2010", "experiments.cnn.train.data: no data set 'imagenet2010'; "),
    (
        "data: ilsvrc2010",
        "data: ilsvrc201",
        "experiments.cnn.train.data: no data set 'ilsvrc201'; did you mean 'ilsvrc2012'?",
    ),
    ("data: fashion_mnist", "data: fashion-mnist", "scales.small.data: 'fashion-mnist' is not a name; "),
    (
        "data: fashion_mnist",
        "data: fashon_mnist",
        "scales.small.data: no data set 'fashon_mnist'; did you mean 'fashion_mnist'?",
    ),
    (
        "recipe: alexnet",
        "recipe: alexnett",
        "experiments.cnn.train.recipe: no recipe 'alexnett'; did you mean 'alexnet'?",
    ),
    (
        "views: ten_crop",
        "views: ten_crops",
        "experiments.cnn.evaluate.ten_crop.views: no protocol 'ten_crops'; did you mean 'ten_crop'?",
    ),
    (
        "cells: [cnn.top1, cnn.top5]",
        "cells: [cnn.top1, cnn.top6]",
        "claims.own_errors.cells.1: no cell 'cnn.top6'; did you mean 'cnn.top5'?",
    ),
    (
        "less: [cnn.top1, sift_fv.top1]",
        "less: [cnn.top1, 3]",
        "claims.beats_sift_fv.less.1: should be text, not 3; put it in quotes",
    ),
    (
        "less: [cnn.top1, sift_fv.top1]",
        "less: [cnn.ten_crop.top1_err, sift_fv.top1]",
        "claims.beats_sift_fv.less.0: no metric 'top1_err'; did you mean 'top1_error'?",
    ),
    (
        "less: [cnn.top1, sift_fv.top1]",
        "less: [can.ten_crop.top1_error, sift_fv.top1]",
        "claims.beats_sift_fv.less.0: no experiment 'can'; did you mean 'cnn'?",
    ),
    (
        "less: [cnn.top1, sift_fv.top1]",
        "less: [cnn.ten.top1_error, sift_fv.top1]",
        "claims.beats_sift_fv.less.0: no evaluation of 'cnn' 'ten'; ",
    ),
    (
        "affects: [cnn]",
        "affects: [cmn]",
        "deviations.input_geometry.affects.0: no experiment, row or cell 'cmn'; did you mean 'cnn'?",
    ),
    (
        "scales: [paper, subset]",
        "scales: [papr, subset]",
        "deviations.input_geometry.scales.0: 'papr' is not one of paper, subset, small, ci; did you mean 'paper'?",
    ),
    (
        "data: digits\n",
        "data: digits\n    experiments: {cn: {}}\n",
        "scales.ci.experiments.cn: no experiment 'cn'; did you mean 'cnn'?",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "message"), NEAREST)
def test_a_dangling_name_is_one_line_with_the_nearest(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """Of every kind that a suite may name."""
    (line,) = faults(written(tmp_path, (right, wrong)))
    assert line.split(": ", 1)[1].startswith(message)


def test_a_dangling_name_is_told_at_its_key(tmp_path: Path) -> None:
    """Or at the item of the list."""
    path = written(tmp_path, ("recipe: alexnet", "recipe: zzz"), ("cells: [cnn.top1", "cells: [cnn.top9"))
    text = path.read_text(encoding="utf-8")
    expected = [place(text, "recipe: zzz"), place(text, "cnn.top9")]
    assert [line.split(": ")[0] for line in faults(path)] == expected


def test_where_nothing_is_near_the_names_there_are_stand(tmp_path: Path) -> None:
    """So that one need not look for them."""
    (line,) = faults(written(tmp_path, ("data: digits", "data: zzz")))
    assert line.endswith(f"no data set 'zzz'; there are {', '.join(DATASETS)}")


READING = "readings:\n  why: {claims: [beats_sift_fv], scale: ci, outcome: CONFIRMED, says: so}\nscales:\n"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("[beats_sift_fv]", "[beats_sift]", "claims.0: no claim 'beats_sift'; did you mean 'beats_sift_fv'?"),
        ("CONFIRMED", "MATCH", "outcome: 'MATCH' is not one of CONFIRMED, CONTRADICTED, INCONCLUSIVE"),
    ],
)
def test_a_reading_is_of_claims_and_of_what_they_can_come_to(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    """Of this suite."""
    assert loaded(tmp_path, ("scales:\n", READING)).file.readings["why"].claims == ["beats_sift_fv"]
    (line,) = faults(written(tmp_path, ("scales:\n", READING.replace(right, wrong))))
    assert line.split(": ", 1)[1].startswith(f"readings.why.{message}")


def test_a_reading_is_of_a_scale_of_the_suite(tmp_path: Path) -> None:
    """Not of one that other suites have."""
    path = tmp_path / "mine.yaml"
    reading = READING.replace("beats_sift_fv", "rate_and_schedule").replace("scale: ci", "scale: subset")
    text = (shipped_suites() / "training.yaml").read_text("utf-8")
    path.write_text(text.replace("scales:\n  paper", f"{reading}  paper"), encoding="utf-8")
    (line,) = faults(path)
    assert line.endswith("readings.why.scale: no scale of this suite 'subset'; there are paper, ci")


@pytest.mark.parametrize("printed", ["37.5%", "about 37", "nan", "inf", "1_000", "٣", "", " 37.5", "37,5"])
def test_a_printed_number_is_a_number_as_papers_print_it(tmp_path: Path, printed: str) -> None:
    """What Python takes for a number besides is none."""
    (line,) = faults(written(tmp_path, ('"37.5"', f'"{printed}"')))
    assert line.endswith(f"table.rows.cnn.printed.top1: {printed!r} is not a number as printed")


@pytest.mark.parametrize(("printed", "value"), [("24.20", 24.2), ("253,440", 253440), ("1.2e6", 1.2e6), ("-3.", -3)])
def test_a_printed_number_keeps_its_text_and_has_a_value(tmp_path: Path, printed: str, value: float) -> None:
    """Zeros and thousands commas stay as printed."""
    wide = ("margin: 0.5", "margin: 1.0e+6")  # wider than what any of them is rounded to
    cells = {cell.id: cell for cell in loaded(tmp_path, ('"37.5"', f'"{printed}"'), wide).cells()}
    assert (cells["cnn.top1"].printed, cells["cnn.top1"].paper) == (printed, value)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("value: cnn.ten_crop", "value: cnn", "row and column together name no evaluation to reproduce it"),
        ("value: cnn.ten_crop", "evaluation: ten_crop", "row and column together name no experiment to reproduce it"),
        ("metric: top1_error, ", "", "row and column together name no metric to reproduce it"),
    ],
)
def test_a_cell_that_is_ours_has_a_whole_place(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """Experiment, evaluation and metric, from row and column together."""
    lines = faults(written(tmp_path, (right, wrong)))
    assert lines[0].split(": ", 1)[1] == f"table.rows.cnn.printed.top1: {message}"


def test_a_place_has_three_parts_at_most(tmp_path: Path) -> None:
    """A fourth is not silently dropped."""
    (line,) = faults(written(tmp_path, ("value: cnn.ten_crop", "value: cnn.ten_crop.top1_error.mean")))
    assert "table.rows.cnn.value: " in line


def test_a_part_is_given_once(tmp_path: Path) -> None:
    """Shorthand and long form of the same part could differ."""
    (line,) = faults(written(tmp_path, ("value: cnn.ten_crop", "value: cnn.ten_crop, experiment: cnn")))
    assert line.endswith("table.rows.cnn.experiment: given here and in `value: cnn.ten_crop`; drop one of the two")


def test_a_cited_row_has_no_value_of_ours(tmp_path: Path) -> None:
    """A number is quoted or reproduced, not both."""
    (line,) = faults(written(tmp_path, ('cited: "ILSVRC-2010 winner [2]"', "cited: a, value: cnn.ten_crop")))
    assert line.endswith("table.rows.sparse_coding.cited: a cited row has no value of ours; drop one of the two")


def test_a_claim_that_cells_match_speaks_of_cells_of_ours(tmp_path: Path) -> None:
    """A quoted number has nothing to match."""
    (line,) = faults(written(tmp_path, ("cells: [cnn.top1, cnn.top5]", "cells: [cnn.top1, sift_fv.top5]")))
    assert line.endswith("claims.own_errors.cells.1: 'sift_fv.top5' is only quoted; there is nothing to set beside it")


@pytest.mark.parametrize("wrong", ["    evaluate: 5", "    evaluate: []", "    evaluate:\n    - ten_crop"])
def test_names_hanging_on_a_faulty_part_do_not_dangle(tmp_path: Path, wrong: str) -> None:
    """The part's own fault is the only one."""
    whole = "    evaluate:\n      ten_crop: {split: test, views: ten_crop}"
    (line,) = faults(written(tmp_path, (whole, wrong)))
    assert "experiments.cnn.evaluate: should be a mapping of keys to values" in line


MEASURING = (
    "\nclaims:\n",
    "\n  net: {measure: {what: arithmetic, values: {total: 1 + 2}}}\n\nclaims:\n",
)
"""An experiment that measures, beside the one that trains."""
LESS = "less: [cnn.top1, sift_fv.top1]"


def test_a_claim_may_speak_of_a_quantity(tmp_path: Path) -> None:
    """As `experiment.quantity` of an experiment that measures."""
    claim = loaded(tmp_path, MEASURING, (LESS, "less: [net.total, sift_fv.top1]")).file.claims["beats_sift_fv"]
    assert claim.operands == ("net.total", "sift_fv.top1")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (LESS, "less: [net.totl, sift_fv.top1]", "less.0: no quantity of 'net' 'totl'; did you mean 'total'?"),
        (LESS, "less: [net.test.total, sift_fv.top1]", "less.0: 'net.test.total' has three parts; a value of it is "),
        (LESS, "exact: {value: net.totl, equals: 3}", "exact.value: no quantity of 'net' 'totl'; did you mean 'total'"),
        (LESS, "faster: {slow: net, fast: cnn, train_error: 25}", "faster.slow: no experiment that trains 'net'; "),
        ("cells: [cnn.top1,", "cells: [net.total,", "cells.0: no cell 'net.total'; "),
        ("value: cnn.ten_crop", "value: net.total", "printed.top1: names 2 quantities of 'net'; it needs one"),
    ],
)
def test_names_of_a_measurement_are_checked_too(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """It has quantities, and neither tests nor a training."""
    lines = faults(written(tmp_path, MEASURING, (right, wrong)))
    assert f".{message}" in lines[0]


def test_a_mean_over_runs_says_over_how_many(tmp_path: Path) -> None:
    """Without a number nobody can tell how well it is known; with one it is a cell."""
    spread = ('"37.5"', '"37.5 +- 0.2"')
    (line,) = faults(written(tmp_path, spread))
    assert line.endswith(
        "table.rows.cnn.printed.top1: '37.5 +- 0.2' is a mean over runs; say over how many with `runs`"
    )
    label = ("label: CNN,", "label: CNN, runs: 5,")
    cells = {cell.id: cell for cell in loaded(tmp_path, spread, label).cells()}
    assert (cells["cnn.top1"].paper, cells["cnn.top1"].runs) == (37.5, 5)


def test_a_rows_own_values_are_names_too(tmp_path: Path) -> None:
    """Of a column that the row prints, and of an experiment, an evaluation and a metric that there are."""
    row = "value: cnn.ten_crop}"
    good = loaded(tmp_path, (row, "value: cnn.ten_crop, values: {top5: cnn.ten_crop.cross_entropy}}"))
    assert {cell.id: cell.place for cell in good.cells()}["cnn.top5"] == ("cnn", "ten_crop", "cross_entropy")
    (line,) = faults(written(tmp_path, (row, "value: cnn.ten_crop, values: {top9: cnn.ten_crop.top1_error}}")))
    assert "values.top9: no printed column 'top9'" in line
    (line,) = faults(written(tmp_path, (row, "value: cnn.ten_crop, values: {top5: cnn.ten_crops.top1_error}}")))
    assert "no evaluation of 'cnn' 'ten_crops'; did you mean 'ten_crop'" in line
