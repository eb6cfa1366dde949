"""A lighter picture has the same elements in the same places and the same styles."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.report.page.light_svg import light_svg

PUBLISHED = Path(__file__).parent.parent.parent.parent / "reports" / "published"
STYLE_SHEET = "{http://www.w3.org/2000/svg}style"


def pictures(suite: str) -> list[str]:
    """The pictures that a published report holds."""
    (path,) = (PUBLISHED / suite).glob("*/results.json")
    uris = [figure["svg_data_uri"] for figure in json.loads(path.read_text("utf-8"))["figures"]]
    return [base64.b64decode(uri.partition(",")[2]).decode() for uri in uris if uri and ";base64," in uri]


def drawn(svg: str) -> list[tuple[object, ...]]:
    """Tag, text, attributes and style of every element, in order; names are left out."""
    rules = dict(re.findall(r"\.(s\d+)\{([^}]*)\}", svg.partition("</style>")[0]))
    found: list[tuple[object, ...]] = []
    for element in ET.fromstring(svg).iter():
        attributes = dict(element.attrib)
        attributes.pop("id", None)
        if attributes.get("class") in rules:
            attributes["style"] = rules[attributes.pop("class")]
        if attributes.get("transform", "").startswith(("rotate(0 ", "rotate(-0 ")):
            del attributes["transform"]
        text = "" if element.tag == STYLE_SHEET else (element.text or "").strip()
        found.append((element.tag, text, sorted(attributes.items())))
    return found


@pytest.mark.parametrize("suite", ["figure4", "prelu_figure4"])
def test_nothing_that_is_drawn_changes(suite: str) -> None:
    """Of pictures with photographs and with text; every name that something refers to stays."""
    for svg in pictures(suite):
        light = light_svg(svg)
        assert len(light) < 0.9 * len(svg)
        assert drawn(light) == drawn(svg)
        assert {*re.findall(r"url\(#([\w-]+)\)", svg)} <= {*re.findall(r"id='([\w-]+)'", light)}


def test_a_style_with_quotes_in_a_picture_without_a_sheet_stays() -> None:
    """There is nowhere to write it once."""
    svg = '<svg xmlns="u"><g style="font: \'A\'"/><g style="font: \'A\'"/></svg>'
    assert light_svg(svg) == "<svg xmlns='u'><g style=\"font: 'A'\"/><g style=\"font: 'A'\"/></svg>"
