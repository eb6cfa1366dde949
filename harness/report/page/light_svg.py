"""Writes a picture's repeated styles once, and without the room that only a reader of its source sees."""

from __future__ import annotations

import re
from collections import Counter

_ROOM = re.compile(r">\s*\n\s*<")
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_ID, _REFERENCE = re.compile(r'\sid="([^"]*)"'), re.compile(r"#([\w-]+)")
_NO_TURN = re.compile(r' transform="rotate\(-?0 [^"()]*\)"')
_QUOTED = re.compile(r'(=)"([^"\']*)"')


def light_svg(svg: str) -> str:
    """A picture that looks the same: styles of several elements as classes, and nothing that says nothing.

    Quotes become single ones, because in an address within HTML a double quote takes three letters.
    """
    svg = _ROOM.sub("><", svg.strip())
    svg = _NO_TURN.sub("", svg)
    used = {*_REFERENCE.findall(svg)}
    svg = _ID.sub(lambda found: found[0] if found[1] in used else "", svg)
    classes = _classes(svg)
    svg = _TAG.sub(lambda found: _tag(found[0], classes), svg)
    rules = "".join(f".{name}{{{style}}}" for style, name in classes.items())
    head, end, rest = svg.partition("</style>")
    return f"{head}{rules}{end}{rest}" if end else svg


def _classes(svg: str) -> dict[str, str]:
    """A name for each style that several elements have, where the picture has a style sheet to name it in."""
    if "</style>" not in svg:
        return {}
    counts = Counter(style[1] for tag in _TAG.findall(svg) if "class=" not in tag and (style := _STYLE.search(tag)))
    several = [style for style, count in counts.items() if count > 1]
    return {style: f"s{number}" for number, style in enumerate(several)}


def _tag(tag: str, classes: dict[str, str]) -> str:
    if "class=" not in tag:
        tag = _STYLE.sub(lambda found: f" class='{classes[found[1]]}'" if found[1] in classes else found[0], tag)
    return _QUOTED.sub(r"\1'\2'", tag)
