"""The results of a suite as two LaTeX tables, of cells and of claims, that need booktabs and siunitx."""

from __future__ import annotations

import re

import pandas as pd

from harness.report.answers import answer_of
from harness.report.effects import effect_of
from harness.report.exports.beside import caption, in_words
from harness.report.exports.cell_rows import CELLS, cell_rows
from harness.report.page.numbers import ABSENT, MINUS, probability
from harness.report.results.document import Results

_TEXT = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "[": "{[}"}  # a row that starts with [ would be a length
    | {MINUS: "$-$", ABSENT: "---"}
)
_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?")
_RANGE = re.compile(r"(-?[\d,.]+) to (-?[\d,.]+)(.*)")
_SET_AS_NUMBERS = ("Printed", "Ours", "Difference", "Margin")


def _wrapped(width: float) -> str:
    """A column of text that is set in lines, in widths of a line."""
    return rf">{{\raggedright\arraybackslash}}p{{{width}\linewidth}}"


_CELL_FORMAT = f"{_wrapped(0.2)}lSSrSSl{_wrapped(0.16)}"
_CLAIM_FORMAT = f"l{_wrapped(0.32)}{_wrapped(0.2)}rr{_wrapped(0.2)}"


def as_latex(results: Results) -> str:
    """The tables of cells and of claims, those that there are, with the packages that they need in a comment."""
    tables = [_cells(results)] if results.cells or not results.claims else []
    tables += [_claims(results)] if results.claims else []
    needs = "% needs \\usepackage{array,booktabs,siunitx}"
    return "\n".join([needs, f"% {text(answer_of(results))}", *tables])


def text(words: str) -> str:
    """Text on one line, in which nothing is a command of LaTeX."""
    return " ".join(words.translate(_TEXT).split())


def _cells(results: Results) -> str:
    table = pd.DataFrame(cell_rows(results), columns=list(CELLS), dtype=str)
    for name in table.columns:
        table[name] = table[name].map(_number if name in _SET_AS_NUMBERS else _interval if "interval" in name else text)
    table.columns = pd.Index([f"{{{text(name)}}}" for name in CELLS])
    return _set(table, _CELL_FORMAT, text(caption(results)), _label(results, ""))


def _claims(results: Results) -> str:
    names = ["Claim", "The paper says", "Ours", "{$n$}", "{$p$ (Holm)}", "Verdict"]
    rows = []
    for claim in results.claims:
        effect = effect_of(results, claim)
        p = "" if claim.p_holm is None else probability(claim.p_holm)
        ours = "" if effect is None else effect.told
        rows.append([claim.ref, claim.says, ours, str(claim.n or ""), p, in_words(results, claim)])
    table = pd.DataFrame(rows, columns=names, dtype=str).map(text)
    return _set(table, _CLAIM_FORMAT, f"{text(caption(results))} Claims.", _label(results, "-claims"))


def _set(table: pd.DataFrame, columns: str, head: str, label: str) -> str:
    written = table.to_latex(index=False, escape=False, caption=head, label=label, column_format=columns)
    return written.replace(r"\begin{tabular}", "\\footnotesize\n\\begin{tabular}")


def _label(results: Results, more: str) -> str:
    return f"tab:{re.sub(r'[^A-Za-z0-9_-]', '-', results.suite)}{more}"


def _number(words: str) -> str:
    """A number as siunitx reads it; anything else in braces, which it sets as text."""
    return words.replace(",", "") if _NUMBER.fullmatch(words) else f"{{{text(words)}}}"


def _interval(words: str) -> str:
    found = _RANGE.fullmatch(words)
    if found is None:
        return text(words)
    low, high, more = found.groups()
    return rf"\numrange{{{low.replace(',', '')}}}{{{high.replace(',', '')}}}{text(more) and ' ' + text(more)}"
