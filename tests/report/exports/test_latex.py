"""The exported tables are LaTeX: pdflatex sets them, with booktabs and siunitx."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from result_documents import blank_cell, blank_claim, blank_results, typed

from harness.report.exports.latex import as_latex
from harness.report.page.read import parsed_results

PUBLISHED = Path(__file__).parent.parent.parent.parent / "reports" / "published"
DOCUMENT = r"""\documentclass{article}
\usepackage{array,booktabs,siunitx}
\begin{document}
%s
\end{document}
"""
HOSTILE = r"[1cm] \input{x} 50% & $x_1^2$ # ~ {} <a>"


def compiled(text: str, folder: Path) -> None:
    """Set a table as a document of its own; fails with LaTeX's message."""
    if shutil.which("pdflatex") is None or subprocess.run(["kpsewhich", "siunitx.sty"], check=False).returncode:
        pytest.skip("no pdflatex with siunitx here (Debian: texlive-latex-recommended and texlive-science)")
    (folder / "table.tex").write_text(DOCUMENT % text, "utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "table.tex"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert (folder / "table.pdf").stat().st_size > 5000


@pytest.mark.nightly
@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*/*/results.json")), ids=lambda path: path.parent.parent.name)
def test_a_published_report_is_set(path, tmp_path):
    """All of its cells and claims."""
    compiled(as_latex(parsed_results(json.loads(path.read_text("utf-8")), str(path))), tmp_path)


@pytest.mark.nightly
def test_hostile_text_is_set(tmp_path):
    """As text, wherever a suite may have written it."""
    cell = blank_cell(label=HOSTILE, unit=HOSTILE, printed="6.43 (6.61 +- 0.16)", mean=-1.5, interval=[-2.0, 1e6])
    claim = blank_claim(ref="A01", says=HOSTILE, reason=HOSTILE, effect=1.0)
    compiled(as_latex(typed(blank_results(title=HOSTILE, suite=HOSTILE, cells=[cell], claims=[claim]))), tmp_path)


def test_numbers_are_columns_of_siunitx():
    """What is no number stands in braces, and an interval is a range."""
    cells = [
        blank_cell(label="A", printed="24.20", mean=23.1234, interval=[-1.25, 61000.0], how="exact"),
        blank_cell(label="B", printed="60 million", mean=60965224),
    ]
    text = as_latex(typed(blank_results(cells=cells)))
    assert r"A &  & 24.20 & 23.123 & \numrange{-1.250}{61000} & {} & {} &" in text
    assert "B &  & {60 million} & 60965224 &" in text
