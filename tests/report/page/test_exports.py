"""The exported table holds what the results hold, in a form that CSV, LaTeX and Markdown readers take as it is."""

import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from result_documents import blank_cell, blank_results, typed

from harness.errors import UsageError
from harness.report.page import exports

SAMPLES = Path(__file__).parent.parent.parent / "samples"
CELL = blank_cell(outcome="MATCH")


@pytest.fixture
def results():
    """The sample with every outcome."""
    return json.loads((SAMPLES / "paper_results.json").read_text("utf-8"))


def test_frame_has_a_row_a_cell_at_full_precision(results):
    """Values, intervals and verdicts are those of the cells."""
    frame = exports.frame(typed(results)).set_index("id")

    assert [cell["id"] for cell in results["cells"]] == list(frame.index)
    for cell in results["cells"]:
        row = frame.loc[cell["id"]]
        assert cell["outcome"] == row["outcome"]
        assert (cell["mean"] is None and pd.isna(row["mean"])) or cell["mean"] == row["mean"]
        if cell["interval"] is not None:
            assert cell["interval"] == [row["interval_low"], row["interval_high"]]


def test_frame_of_nothing_has_its_columns():
    """No cells is an empty frame with the same columns and types."""
    empty = exports.frame(typed(blank_results()))

    assert empty.empty
    assert list(exports.frame(typed(blank_results(cells=[CELL]))).columns) == list(empty.columns)
    assert empty["mean"].dtype == "float64"
    assert empty["n"].dtype == "Int64"


def test_csv_reads_back(results):
    """What is written comes back equal, the zero of a printed 24.20 too."""
    results["cells"][0] |= {"printed": "24.20", "label": 'with "quotes", commas\nand lines'}
    back = pd.read_csv(io.StringIO(exports.export(typed(results), "csv")), dtype={"printed": str})

    assert back["printed"][0] == "24.20"
    assert back["label"][0] == results["cells"][0]["label"]
    assert [cell["mean"] for cell in results["cells"] if cell["mean"] is not None] == list(back["mean"].dropna())


def test_latex_has_a_line_a_cell_and_says_the_scale(results):
    """Booktabs, as many columns in every line as in the head, and a caption with the scale."""
    text = exports.export(typed(results), "latex")
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]

    assert len(lines) == len(results["cells"]) + 1
    assert len({len(re.findall(r"(?<!\\)&", line)) for line in lines}) == 1
    assert r"\toprule" in text
    assert "Paper scale" in text


def test_latex_escapes_everything():
    """Text that LaTeX would run, or take for a length, is text."""
    hostile = r"[1cm] \input{x} 50% & $x_1^2$ # ~ {}"
    document = blank_results(suite="s}{", scale="small", title=hostile, cells=[CELL | {"label": hostile}])
    text = exports.export(typed(document), "latex")

    assert r"\input" not in text
    assert text.count(r"{[}1cm] \textbackslash{}input\{x\} 50\% \& \$x\_1\textasciicircum{}2\$ \#") == 2
    assert r"\label{tab:s--}" in text


def test_markdown_is_one_table(results):
    """As many cells in every line, whatever a label holds."""
    results["cells"][0]["label"] = "a | b\n[c](javascript:x) <d> `e`"
    lines = [line for line in exports.export(typed(results), "markdown").splitlines() if line.startswith("|")]

    assert len(lines) == len(results["cells"]) + 2
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert r"a \| b \[c\](javascript:x) \<d\> \`e\`" in lines[2]


def test_set_numbers_have_one_digit_more_than_printed(results):
    """Ours, interval and difference as the page has them; a positive difference shows its sign."""
    line = next(line for line in exports.export(typed(results), "markdown").splitlines() if "1 CNN, Top-5" in line)

    assert "| 18.2 | 19.31 | 19.22 to 19.40 | +1.11 | 0.5 | 5 | WORSE |" in line


def test_unknown_kind_is_the_users_to_mend(results):
    """The message names the kinds there are."""
    with pytest.raises(UsageError, match="csv, latex, markdown"):
        exports.export(typed(results), "excel")


@pytest.mark.parametrize(("field", "word"), [("recorded", "recorded by hand"), ("imported", "evaluation only")])
@pytest.mark.parametrize("kind", ["markdown", "latex"])
def test_a_table_tells_a_verdict_on_a_number_that_was_not_ours(results, kind, field, word):
    """Behind the verdict itself, where nobody can leave it out."""
    results["cells"] = [results["cells"][0] | {"outcome": "MATCH", "recorded": None, "imported": None}]
    assert word not in exports.export(typed(results), kind)
    by_seed, imports = {"0": {"from": "the server"}}, [{"from": "the server"}]
    results["cells"][0][field] = by_seed if field == "recorded" else imports
    assert f"MATCH, {word}" in exports.export(typed(results), kind)


@pytest.mark.parametrize("kind", ["latex", "markdown"])
def test_a_table_counts_what_was_declared_and_is_judged_no_more(results, kind):
    """Its caption is all that a reader of a paper sees of a cell that was taken out."""
    gone = {"kind": "cell", "id": "gone", "why": "taken out", "form": {}, "came_to": [], "today": None}
    results["withdrawn"] = [gone]
    assert "1 declared and judged no more" in exports.export(typed(results), kind)


def test_a_score_in_the_place_of_another_says_so_in_every_export(results):
    """The row says it beside the word on who entered the score."""
    cell = results["cells"][0]
    cell["recorded"] = {"0": {"value": 16.3, "replaced": [{"value": 17.0}]}}
    backing = "recorded by hand, in the place of another score"
    assert exports.frame(typed(results))["backing"][0] == backing
    assert backing in exports.export(typed(results), "markdown")
