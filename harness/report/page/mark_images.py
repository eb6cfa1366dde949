"""Turns the marks of verdicts into images for a style sheet, so that a page of many verdicts writes each shape once."""

from __future__ import annotations

import re
from urllib.parse import quote

_SYMBOL = re.compile(r'<symbol id="mark-([\w-]+)" viewBox="0 0 12 12">(.*?)</symbol>')
_CUT = re.compile(r'<path class="cut" (.*?)/>')
_WHOLE = '<rect width="12" height="12" fill="#fff"/>'


SHORT = {
    "match": "ma",
    "confirmed": "cf",
    "better": "be",
    "worse": "wo",
    "differs": "di",
    "inconclusive": "in",
    "mixed": "mi",
    "contradicted": "ct",
    "by-construction": "bc",
    "not-comparable": "nc",
    "not-run": "nr",
    "failed": "fa",
    "cited": "ci",
    "quoted": "qu",
    "unknown": "un",
}
"""The class of each mark on a page where it stands some hundred times."""
_CLASS = re.compile(rf"\.({'|'.join(SHORT)})\b(?!-)")


def short(mark: str) -> str:
    """The class of a mark in two letters."""
    return SHORT[mark]


def with_marks(style: str, sprite: str) -> str:
    """A style sheet in short classes, after one rule a shape: `--mark`, an image to mask a colour with.

    `sprite` is the text of `marks.html`, where a path of class `cut` is a hole.
    """
    shapes: dict[str, list[str]] = {}
    for name, body in _SYMBOL.findall(sprite):
        shapes.setdefault(_image(body), []).append(f".{SHORT[name]}")
    rules = "".join(f'{",".join(classes)}{{--mark:url("{image}")}}\n' for image, classes in shapes.items())
    return rules + _CLASS.sub(lambda found: f".{SHORT[found[1]]}", style)


def _image(body: str) -> str:
    cut = _CUT.search(body)
    if cut:
        hole = f'<mask id="m">{_WHOLE}<path stroke="#000" {cut[1]}/></mask>'
        body = f'{hole}<g mask="url(#m)">{_CUT.sub("", body)}</g>'
    drawn = body.replace(' fill="currentColor"', "").replace("currentColor", "#000").replace('"', "'")
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 12 12'>{drawn}</svg>"
    return "data:image/svg+xml," + quote(svg, safe="<> ='/:.,-()")
