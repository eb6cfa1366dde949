"""Makes matplotlib's SVG a part of the page: its colours, ids that are unique, and nothing said twice."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from markupsafe import Markup

from harness.report.page.theme import SHADES

_CLASSES = {shade.placeholder: name for name, shade in SHADES.items()}
_LONG = re.compile(r"\d+\.\d{3,}")  # a hundredth of a point is finer than any screen
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_STRAIGHT = re.compile(r"(?:[ML] -?[\d.]+ -?[\d.]+ ?)+z?")
_DROPPED = ("stroke-linecap", "stroke-linejoin", "stroke-dashoffset", "font-size")
"""Attributes that no reader sees on lines of a point or two, or that the style sheet gives."""


def inline_svg(svg: str, name: str, title: str, description: str) -> Markup:
    """Matplotlib's SVG made part of the page: its styles as attributes, its colours as classes, ids that are unique."""
    root = ET.fromstring(svg)  # noqa: S314 - what matplotlib wrote a moment ago, with no text of ours in it
    for element in list(root):
        if element.tag != f"{_SVG}g" and element.find(f"{_SVG}clipPath") is None:
            root.remove(element)
    used = {value for element in root.iter() for value in _references(element)}
    renamed = {old: f"{name}-{k}" for k, old in enumerate(sorted(used))}
    for element in root.iter():
        _clean(element, renamed)
    _flatten(root)
    _merge(root)
    root.attrib = {"class": "curve", "viewBox": root.attrib["viewBox"], "role": "img"}
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        child = ET.Element(tag, id=f"{name}-{tag}")
        child.text = text
        root.insert(place, child)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - serialised, so every text in it is escaped


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}"


def _flatten(element: ET.Element) -> None:
    """Put the content of every group that says nothing in the place of the group."""
    for child in element:
        _flatten(child)
    children = [one for child in element for one in (child if child.tag == "g" and not child.attrib else [child])]
    element[:] = children


def _merge(root: ET.Element) -> None:
    """Join lines that follow each other and look alike, such as the seeds of an arm, as one path."""
    kept: list[ET.Element] = []
    for child in root:
        rest = {key: value for key, value in child.attrib.items() if key != "d"}
        last = kept[-1] if kept else None
        alike = last is not None and last.tag == child.tag == "path" and rest.get("fill") == "none"
        if alike and last is not None and rest == {key: value for key, value in last.attrib.items() if key != "d"}:
            last.set("d", last.get("d", "") + child.get("d", ""))
        else:
            kept.append(child)
    root[:] = kept


def _shorter(path: str) -> str:
    """A path of straight lines with relative steps of a tenth of a point; any other as it is."""
    parts = path.split()
    if not _STRAIGHT.fullmatch(" ".join(parts)):
        return path
    written, at = [], (0, 0)
    for place in range(0, len(parts) - len(parts) % 3, 3):
        command, x, y = parts[place], round(10 * float(parts[place + 1])), round(10 * float(parts[place + 2]))
        step = (x, y) if command == "M" else (x - at[0], y - at[1])
        written.append(f"{'M' if command == 'M' else 'l'}{step[0] / 10:g} {step[1] / 10:g}".replace(" -", "-"))
        at = (x, y)
    return "".join(written) + ("z" if parts[-1] == "z" else "")


def _references(element: ET.Element) -> list[str]:
    clip = element.get("clip-path", "").removeprefix("url(#").removesuffix(")")
    return [name for name in (element.get(_XLINK, "").removeprefix("#"), clip) if name]


def _clean(element: ET.Element, renamed: Mapping[str, str]) -> None:
    element.tag = element.tag.removeprefix(_SVG)
    element.text = (element.text or "").strip() if element.tag in ("text", "tspan") else None
    element.tail = None
    style = dict(part.split(": ", 1) for part in element.attrib.pop("style", "").split("; ") if part)
    style.pop("font-family", None)
    kinds = {key: _CLASSES[value] for key, value in style.items() if value in _CLASSES}
    element.attrib = {key: _LONG.sub(_rounded, value) for key, value in element.attrib.items()}
    element.attrib.update({key: value for key, value in style.items() if key not in kinds})
    for name in _DROPPED:
        element.attrib.pop(name, None)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if "d" in element.attrib:
        element.set("d", _shorter(element.attrib["d"]))
    if kinds:
        element.set("class", " ".join(f"{key}-{kind}" for key, kind in kinds.items()))
    if (target := element.attrib.pop(_XLINK, None)) is not None:
        element.set("href", f"#{renamed[target.removeprefix('#')]}")
    if "clip-path" in element.attrib:
        element.set("clip-path", f"url(#{renamed[_references(element)[-1]]})")
    old = element.attrib.pop("id", "")
    if old in renamed:
        element.set("id", renamed[old])
