"""Suites from files: every fault at once, each on its line and column, none twice and nothing but SuiteError."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import MUTANTS
from suite_files import TABLE1, faults, loaded, place, written

from harness.errors import SuiteError
from harness.suite.file import Citation
from harness.suite.load import load_suite, load_suites
from harness.suite.shipped import shipped_suites
from harness.suite.typed_yaml import load_document

FAULTS_OF_TYPES = (
    ("title: Error rates", "titel: Error rates"),
    ("    seeds: 3\n    data: fashion_mnist", "    seeds: many\n    data: fashion_mnist"),
    ("    evaluate:\n", "    evaluate: {ten_crop: {split: test, views: ten_crop}}\n    evaluate:\n"),
)


def test_the_shipped_suite_is_sound() -> None:
    """Its own paper's files are found beside it."""
    suite = load_suite(TABLE1)
    assert (suite.name, suite.citation.year) == ("table1", 2012)
    assert {"alexnet"} <= suite.shared.recipes.keys()


def test_three_kinds_of_fault_are_told_in_one_go(tmp_path: Path) -> None:
    """A misspelt key, a duplicate key and a wrong type: three lines, in the order of the file."""
    path = written(tmp_path, *FAULTS_OF_TYPES)
    text = path.read_text(encoding="utf-8")
    assert faults(path) == [
        f"{place(text, 'titel')}: titel: unknown key; did you mean 'title'?",
        f"{place(text, 'evaluate:', after='views: ten_crop}}')}: experiments.cnn.evaluate: duplicate key",
        f"{place(text, 'seeds: many')}: scales.small.seeds: should be a whole number, not 'many'",
    ]


def test_faults_of_types_come_before_those_of_names(tmp_path: Path) -> None:
    """Names are looked up in a file whose types are sound; until then a name that dangles is not told."""
    dangling = ("value: cnn.ten_crop", "value: cmn.ten_crop")
    assert not any("cmn" in line for line in faults(written(tmp_path, *FAULTS_OF_TYPES, dangling)))
    (line,) = faults(written(tmp_path, dangling))
    assert line.endswith("table.rows.cnn.value: no experiment 'cmn'; did you mean 'cnn'?")


def test_every_name_that_dangles_is_told_in_one_go(tmp_path: Path) -> None:
    """Of a place, a recipe, a claim and a deviation, in the order of the file."""
    path = written(
        tmp_path,
        ("value: cnn.ten_crop", "value: cmn.ten_crop"),
        ("recipe: alexnet", "recipe: alexnett"),
        ("cells: [cnn.top1, cnn.top5]", "cells: [cnn.top1, cnn.top6]"),
        ("affects: [cnn]", "affects: [cmn]"),
    )
    keys = [line.split(": ")[1] for line in faults(path)]
    assert keys == [
        "table.rows.cnn.value",
        "experiments.cnn.train.recipe",
        "claims.own_errors.cells.1",
        "deviations.input_geometry.affects.0",
    ]


MEASURED = ("\nclaims:\n", "\n  recipe: {measure: {what: configuration, recipe: NAME}}\n\nclaims:\n")
"""An experiment that measures a recipe, beside the one that trains."""


def test_a_recipe_that_a_measurement_names_is_written_out(tmp_path: Path) -> None:
    """So that what is measured stands in its spec; another name is a fault with the nearest."""
    old, new = MEASURED
    suite = loaded(tmp_path, (old, new.replace("NAME", "alexnet")))
    measure = suite.file.experiments["recipe"].measure
    assert measure is not None
    assert measure.recipe == suite.shared.recipes["alexnet"]  # type: ignore[union-attr]
    (line,) = faults(written(tmp_path, (old, new.replace("NAME", "alexnett"))))
    assert line.split(": ", 1)[1] == "experiments.recipe.measure.recipe: no recipe 'alexnett'; did you mean 'alexnet'?"


def test_faults_of_a_suite_and_of_its_papers_files_are_told_together(tmp_path: Path) -> None:
    """Each with the path of its own file; a recipe that cannot be read is no second fault of a measurement."""
    folder = tmp_path / "papers" / "alexnet"
    folder.mkdir(parents=True)
    shipped = (shipped_suites() / "papers" / "alexnet" / "paper.yaml").read_text(encoding="utf-8")
    (folder / "paper.yaml").write_text(shipped.replace("year: 2012", "year: soon"))
    (folder / "recipes.yaml").write_text("recipes: {}\n")
    path = written(tmp_path, ("title:", "titel:"), MEASURED)
    with pytest.raises(SuiteError) as raised:
        load_suite(path)
    named = [(line.split(":")[0], line.split(": ")[1]) for line in raised.value.faults]
    assert named == [
        (str(path), "titel"),
        (str(folder / "paper.yaml"), "year"),
        (str(folder / "recipes.yaml"), "protocols"),
    ]


@pytest.mark.parametrize(
    ("right", "misspelt", "message"),
    [
        ("\nexperiments:", "\nexperimints:", "experimints: unknown key; did you mean 'experiments'?"),
        ("\ntable:", "\ntabel:", "tabel: unknown key; did you mean 'table'?"),
        ("  columns:", "  colums:", "table.colums: unknown key; did you mean 'columns'?"),
        ("  rows:", "  rws:", "table.rws: unknown key; did you mean 'rows'?"),
        ("    evaluate:", "    evalute:", "experiments.cnn.evalute: unknown key; did you mean 'evaluate'?"),
        ("CNN, printed:", "CNN, prnted:", "table.rows.cnn.prnted: unknown key; did you mean 'printed'?"),
        ("Top-1, metric:", "Top-1, metrik:", "table.columns.top1.metrik: unknown key; did you mean 'metric'?"),
        ("recipe: alexnet", "recipee: alexnet", "experiments.cnn.train.recipee: unknown key; did you mean 'recipe'?"),
        ("\nscales:", "\nscale:", "scale: unknown key; did you mean 'scales'?"),
        ("{classes: 50", "{clases: 50", "scales.subset.subset.clases: unknown key; did you mean 'classes'?"),
        ("{kernel: 5", "{kernell: 5", "scales.small.model.stem.kernell: unknown key; did you mean 'kernel'?"),
    ],
)
def test_a_misspelt_key_is_one_fault(tmp_path: Path, right: str, misspelt: str, message: str) -> None:
    """It is not also a missing key, nor do the names that hang on it dangle."""
    path = written(tmp_path, (right, misspelt))
    word = message.split(":", maxsplit=1)[0].rsplit(".", 1)[-1]
    text = path.read_text(encoding="utf-8")
    assert faults(path) == [f"{place(text, word, after=misspelt)}: {message}"]


TRAIN = "train: {model: {name: alexnet}, data: ilsvrc2010, recipe: alexnet}"


@pytest.mark.parametrize(
    ("part", "end"),
    [
        ("change: {schedule: {rule: fixd, after: [1]}}",
         "change.schedule.rule: 'fixd' is not one of fixed, plateau, steps, cosine, changes; did you mean 'fixed'?"),
        ("change: {schedule: {after: [1]}}", "change.schedule.rule: missing; this key is required"),
        ("change: {schedule: fixed}", "change.schedule: should be a mapping of keys to values, not 'fixed'"),
        ("change: {schedule: {rule: fixed, after: [1], factr: 0.1}}",
         "change.schedule.factr: unknown key; did you mean 'factor'?"),
        ("change: {schedule: {rule: fixed, after: [one]}}",
         "change.schedule.after.0: should be a whole number, not 'one'"),
        ("change: {schedule: {rule: fixed, aftr: [1]}}", "change.schedule.aftr: unknown key; did you mean 'after'?"),
        ("change: {initialisation: {rule: gausian}}", "change.initialisation.rule: 'gausian' is not one of "),
        ("change: {initialisation: {rule: gaussian, std: -1}}",
         "change.initialisation.std: should be greater than 0, not -1"),
        ("change: {augmentation: {crops: 1, flips: true, colour_std: 0}}",
         "change.augmentation.crops: should be true or false, not 1"),
        ("change: {prepare: {short_side: 2, center: 4}}",
         "change.prepare: a center of 4 pixels does not fit in a short_side of 2"),
        ("change: [rate]", "change: should be a mapping of keys to values"),
    ],
)  # fmt: skip
def test_a_union_is_faulted_in_one_readable_line(tmp_path: Path, part: str, end: str) -> None:
    """At the key that is wrong, without the names that tell the members of the union apart in the program."""
    (line,) = faults(written(tmp_path, (TRAIN, f"{TRAIN[:-1]}, {part}}}")))
    assert line.split(": ", 1)[1].startswith(f"experiments.cnn.train.{end}")


@pytest.mark.parametrize(
    ("model", "end"),
    [
        ("{name: alexnt}", "model.name: 'alexnt' is not one of "),
        ("{}", "model.name: missing; this key is required"),
        ("alexnet", "model: should be a mapping of keys to values, not 'alexnet'"),
        ("{name: alexnet, widht: 1}", "model.widht: unknown key; did you mean 'width'?"),
        ("{name: alexnet, width: wide}", "model.width: should be a number, not 'wide'"),
        ("{name: alexnet, groups: 3}", "model.groups: 3 is not one of 1, 2"),
    ],
)
def test_a_net_is_faulted_in_one_readable_line(tmp_path: Path, model: str, end: str) -> None:
    """As for every other union."""
    (line,) = faults(written(tmp_path, ("model: {name: alexnet}", f"model: {model}")))
    assert line.split(": ", 1)[1].startswith(f"experiments.cnn.train.{end}")


def test_a_misspelt_net_has_a_nearest_name(tmp_path: Path) -> None:
    """Whatever other nets there are."""
    (line,) = faults(written(tmp_path, ("name: alexnet", "name: alexnt")))
    assert line.endswith("; did you mean 'alexnet'?")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('printed: {top1: "37.5"', "printed: {top1: 37.5",
         "table.rows.cnn.printed.top1: should be text, not 37.5; put it in quotes"),
        ("margin: 0.5", "margin: 0", "table.columns.top1.margin: should be greater than 0, not 0"),
        ("margin: 0.5", "margin: .nan", "table.columns.top1.margin: should be a finite number, not nan"),
        ("margin: 0.5", "margin: .inf", "table.columns.top1.margin: should be a finite number, not inf"),
        ("cells: [cnn.top1, cnn.top5]", "cells: cnn.top1",
         "claims.own_errors.cells: should be a list, not 'cnn.top1'"),
        ("cells: [cnn.top1, cnn.top5]", "cells: []",
         "claims.own_errors.cells: should have at least 1, not 0"),
        ("less: [cnn.top1, sift_fv.top1]", "less: [cnn.top1]",
         "claims.beats_sift_fv.less.1: missing; this item is required"),
        ("less: [cnn.top1, sift_fv.top1]", "less: [cnn.top1, sift_fv.top1, cnn.top5]",
         "claims.beats_sift_fv.less: should have at most 2, not 3"),
        ("  ci:\n", "  cii:\n", "scales.cii: 'cii' is not one of paper, subset, small, ci; did you mean 'ci'?"),
        ("  own_errors:", "  Own-Errors:",
         "claims.Own-Errors: 'Own-Errors' is not a name; use small letters, digits and _ and begin with a letter"),
        ("    less: [cnn.top1, sparse_coding.top1]", "    says_nothing: 1",
         "claims.beats_sparse_coding.says_nothing: unknown key"),
        ("    less: [cnn.top1, sparse_coding.top1]\n", "",
         "claims.beats_sparse_coding: needs exactly one of "),
        ("split: test", "split: tset",
         "experiments.cnn.evaluate.ten_crop.split: 'tset' is not one of train, val, test; did you mean 'test'?"),
        ("seeds: 5", "seeds: 0", "scales.paper.seeds: should be greater than 0, not 0"),
        ("seeds: 5", "seeds: 2.5", "scales.paper.seeds: should be a whole number, not 2.5"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line_in_plain_words(tmp_path: Path, old: str, new: str, message: str) -> None:
    """What it should be and what it is."""
    (line,) = faults(written(tmp_path, (old, new)))
    assert line.split(": ", 1)[1].startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty"),
        ("# nothing yet\n", "1:1: the file is empty"),
        ("- suite: table1\n", "1:1: should be a mapping of keys to values"),
        ("table1\n", "1:1: should be a mapping of keys to values, not 'table1'"),
    ],
)
def test_what_is_no_mapping_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    """An empty file, a list and a word."""
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    assert faults(path) == [message]


def test_an_unknown_paper_is_told_where_it_was_looked_for(tmp_path: Path) -> None:
    """With the nearest there is."""
    (line,) = faults(written(tmp_path, ("paper: alexnet", "paper: alexnett")))
    where = f"{tmp_path / 'papers'}, among the shipped ones or in an installed package"
    assert line.endswith(f"paper: no paper 'alexnett' in {where}; did you mean 'alexnet'?")


@pytest.mark.parametrize("paper", ["../papers/alexnet", "/etc", "AlexNet"])
def test_a_paper_is_a_name_and_no_path(tmp_path: Path, paper: str) -> None:
    """Nothing outside the folders of papers is opened, and the fault is told once."""
    (line,) = faults(written(tmp_path, ("paper: alexnet", f"paper: {paper}")))
    assert f" paper: {paper!r} is not a name; " in line


def test_a_paper_beside_the_suite_comes_before_a_shipped_one(tmp_path: Path) -> None:
    """So that a clone can change a recipe; its faults are told with its own path."""
    folder = tmp_path / "papers" / "alexnet"
    folder.mkdir(parents=True)
    (folder / "paper.yaml").write_text("paper: alexnet\ntitle: Mine\nauthors: [Me]\nvenue: Here\nyear: soon\n")
    (folder / "recipes.yaml").write_bytes((shipped_suites() / "papers" / "alexnet" / "recipes.yaml").read_bytes())
    with pytest.raises(SuiteError) as raised:
        load_suite(written(tmp_path))
    assert raised.value.faults == [f"{folder / 'paper.yaml'}:5:1: year: should be a whole number, not 'soon'"]


def test_a_net_that_cannot_be_built_is_a_fault_of_its_scale(tmp_path: Path) -> None:
    """Every experiment is resolved at every scale when the file is read."""
    (line,) = faults(written(tmp_path, ("prepare: {pad: 2}, crop: 28", "prepare: {pad: 2}, crop: 4")))
    assert line.split(": ", 1)[1].startswith("scales.small: experiment 'cnn' cannot be resolved at small scale: ")


def test_training_error_is_declared_for_every_scale(tmp_path: Path) -> None:
    """Where it is declared by scale at all."""
    said = "faster: {slow: cnn, fast: cnn, train_error: {ci: 25}}"
    (line,) = faults(written(tmp_path, ("less: [cnn.top1, sift_fv.top1]", said)))
    assert line.endswith("faster.train_error: needs one number for each scale: paper, subset, small, ci")


def test_sound_suites_are_kept_when_others_are_not(tmp_path: Path) -> None:
    """All faults of all files, and the suites that have none."""
    broken = written(tmp_path, ("title:", "titel:"), name="broken")
    suites, lines = load_suites([TABLE1, broken])
    assert ([suite.name for suite in suites], len(lines)) == (["table1"], 1)


def test_a_document_is_checked_like_a_suite(tmp_path: Path) -> None:
    """Papers' files have the same strictness."""
    path = tmp_path / "paper.yaml"
    path.write_text("paper: x\ntitle: T\nauthors: [A]\nvenue: V\nyear: 2000\nyaer: 2001\n")
    with pytest.raises(SuiteError, match=r"paper\.yaml:6:1: yaer: unknown key; did you mean 'year'\?"):
        load_document(path, Citation)


def test_a_suite_can_be_changed_and_stays_sound(tmp_path: Path) -> None:
    """The copy that these tests misspell is sound before they do."""
    assert loaded(tmp_path).name == "table1"


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """Table 1 with one to three lines or letters lost, doubled, moved or replaced."""
    text = TABLE1.read_text(encoding="utf-8")
    for _ in range(draw(st.integers(1, 3))):
        parts = text.splitlines(keepends=True) if draw(st.booleans()) else list(text)
        at = draw(st.integers(0, len(parts) - 1))
        other = draw(st.integers(0, len(parts) - 1))
        new = draw(
            st.sampled_from(
                [*":-#&*!%@`[]{}'\"|>,? \n\t0\\~=<é\u2028\x00", "<<: ", "!!int ", "? ", "1e999", parts[other]]
            )
        )
        kind = draw(st.sampled_from(["lose", "double", "replace", "insert"]))
        middle = {"lose": [], "double": [parts[at]] * 2, "replace": [new], "insert": [new, parts[at]]}[kind]
        text = "".join([*parts[:at], *middle, *parts[at + 1 :]])
    return text


@given(mutations())
@settings(max_examples=MUTANTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_suite_is_sound_or_a_suite_error(tmp_path: Path, text: str) -> None:
    """No change of a line or letter leads to anything but a suite or located lines."""
    path = tmp_path / "mutated.yaml"
    path.write_text(text, encoding="utf-8")
    suites, lines = load_suites([path])
    assert len(suites) == (not lines)
    for line in lines:
        located, _, message = line.partition(": ")
        row, column = map(int, located.removeprefix(f"{path}:").split(":"))
        assert 1 <= row <= text.count("\n") + 2
        assert column >= 1
        assert message


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("width: 0.25", "width: 1e300"),
        ("epochs: 16", f"epochs: {'9' * 40}"),
        ("batch: 32", f"batch: {'9' * 40}"),
        ("short_side: 32", f"short_side: {'9' * 40}"),
    ],
)
def test_a_size_that_nobody_means_is_a_fault_of_the_file(tmp_path: Path, right: str, wrong: str) -> None:
    """Not an overflow of the plan."""
    lines = faults(written(tmp_path, (right, wrong)))
    assert any("less than or equal to" in line for line in lines)
