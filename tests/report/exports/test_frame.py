"""The exported tables hold what the results hold, in a form that readers of CSV, LaTeX and Markdown take as it is."""

import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from result_documents import blank_cell, blank_results, typed

from harness.errors import UsageError
from harness.report.exports import texts as exports
from harness.report.exports.frame import frame as framed

SAMPLES = Path(__file__).parent.parent.parent / "samples"
CELL = blank_cell(outcome="MATCH")


@pytest.fixture
def results():
    """The sample with every outcome."""
    return json.loads((SAMPLES / "paper_results.json").read_text("utf-8"))


def test_frame_has_a_row_a_cell_at_full_precision(results):
    """Values, intervals and verdicts are those of the cells."""
    frame = framed(typed(results)).set_index("id")

    assert [one["id"] for kind in ("cells", "claims") for one in results[kind]] == list(frame.index)
    assert list(frame["kind"]) == ["cell"] * len(results["cells"]) + ["claim"] * len(results["claims"])
    for cell in results["cells"]:
        row = frame.loc[cell["id"]]
        assert cell["outcome"] == row["outcome"]
        assert (cell["mean"] is None and pd.isna(row["mean"])) or cell["mean"] == row["mean"]
        if cell["interval"] is not None:
            assert cell["interval"] == [row["interval_low"], row["interval_high"]]


def test_frame_of_nothing_has_its_columns():
    """No cells is an empty frame with the same columns and types."""
    empty = framed(typed(blank_results()))

    assert empty.empty
    assert list(framed(typed(blank_results(cells=[CELL]))).columns) == list(empty.columns)
    assert empty["mean"].dtype == "float64"
    assert empty["n"].dtype == "Int64"


def test_csv_reads_back(results):
    """What is written comes back equal, the zero of a printed 24.20 too."""
    results["cells"][0] |= {"printed": "24.20", "label": 'with "quotes", commas\nand lines'}
    back = pd.read_csv(io.StringIO(exports.export(typed(results), "csv")), dtype={"printed": str})

    assert back["printed"][0] == "24.20"
    assert back["label"][0] == results["cells"][0]["label"]
    assert [cell["mean"] for cell in results["cells"] if cell["mean"] is not None] == list(back["mean"].dropna())


def test_pandas_reads_the_json(results):
    """The same frame, each number with all its digits; a printed 24.20 keeps its zero as text."""
    results["cells"][0] |= {"printed": "24.20", "mean": 0.1 + 0.2, "value": "net.test.top1_error"}
    text = exports.export(typed(results), "json")
    back = pd.read_json(io.StringIO(text), dtype={"printed": str}, precise_float=True)

    there = framed(typed(results))
    assert list(back.columns) == list(there.columns)
    assert back["printed"][0] == "24.20"
    assert back["mean"][0] == 0.1 + 0.2
    for name in ("id", "outcome", "mean", "interval_low", "p", "n"):
        assert back[name].dropna().tolist() == there[name].dropna().tolist()
    assert back.query("kind == 'claim'")["outcome"].tolist() == [claim["outcome"] for claim in results["claims"]]


def test_latex_has_a_line_a_cell_and_says_the_scale(results):
    """Booktabs, as many columns in every line as in the head, and a caption with the scale."""
    text = exports.export(typed(results), "latex")
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]

    assert len(lines) == len(results["cells"]) + 1 + len(results["claims"]) + 1
    columns = [len(re.findall(r"(?<!\\)&", line)) for line in lines]
    assert columns == [8] * (len(results["cells"]) + 1) + [5] * (len(results["claims"]) + 1)
    assert r"\toprule" in text
    assert "Paper scale" in text


def test_latex_escapes_everything():
    """Text that LaTeX would run, or take for a length, is text."""
    hostile = r"[1cm] \input{x} 50% & $x_1^2$ # ~ {}"
    document = blank_results(suite="s}{", scale="small", title=hostile, cells=[CELL | {"label": hostile}])
    text = exports.export(typed(document), "latex")

    assert r"\input" not in text
    escaped = r"{[}1cm] \textbackslash{}input\{x\} 50\% \& \$x\_1\textasciicircum{}2\$ \#"
    assert text.count(escaped) == 3  # in the answer, the caption and the row
    assert r"\label{tab:s--}" in text


def test_markdown_is_a_table_of_cells_and_one_of_claims(results):
    """As many cells in every line, whatever a label holds."""
    results["cells"][0]["label"] = "a | b\n[c](javascript:x) <d> `e`"
    lines = [line for line in exports.export(typed(results), "markdown").splitlines() if line.startswith("|")]

    columns = [len(re.findall(r"(?<!\\)\|", line)) for line in lines]
    assert columns == [10] * (len(results["cells"]) + 2) + [7] * (len(results["claims"]) + 2)
    assert r"a \| b \[c\](javascript:x) \<d\> \`e\`" in lines[2]


def test_set_numbers_have_one_digit_more_than_printed(results):
    """Ours, interval and difference as the page has them; a positive difference shows its sign."""
    line = next(line for line in exports.export(typed(results), "markdown").splitlines() if "| 1 CNN, Top-5" in line)

    assert "| 18.2 | 19.31 | 19.22 to 19.40 | +1.11 | 0.5 | 5 | WORSE at paper scale, EXTENDED |" in line


def test_unknown_kind_is_the_users_to_mend(results):
    """The message names the kinds there are."""
    with pytest.raises(UsageError, match="csv, json, latex, markdown, eval-results"):
        exports.export(typed(results), "excel")


@pytest.mark.parametrize(("field", "word"), [("recorded", "RECORDED"), ("imported", "IMPORTED")])
@pytest.mark.parametrize("kind", ["markdown", "latex"])
def test_a_table_tells_a_verdict_on_a_number_that_was_not_ours(results, kind, field, word):
    """Behind the verdict itself, where nobody can leave it out."""
    judged = {"outcome": "MATCH", "mean": 16.4, "how": "trained", "recorded": None, "imported": None}
    results["cells"] = [results["cells"][0] | judged]
    assert word not in exports.export(typed(results), kind)
    by_seed, imports = {"0": {"from": "the server"}}, [{"from": "the server"}]
    results["cells"][0][field] = by_seed if field == "recorded" else imports
    assert f"MATCH at paper scale, {word}" in exports.export(typed(results), kind)


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
    backing = "RECORDED, in the place of another score"
    assert framed(typed(results))["flags"][0] == backing
    assert backing in exports.export(typed(results), "markdown")
