"""Writes the elements of charts that are part of a page, every text and attribute escaped."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup


def tag(name: str, content: object = None, /, **attributes: object) -> Markup:
    """An element with every attribute and its content escaped; `class_` and `text_anchor` lose and change their `_`."""
    given = [(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items()]
    written = Markup("").join(Markup(' {}="{}"').format(*pair) for pair in given)
    if content is None:
        return Markup("<{0}{1}/>").format(name, written)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, content)


def line(class_: str, x1: float, x2: float, y1: float, y2: float) -> Markup:
    """A straight line."""
    return tag("line", class_=class_, x1=x1, x2=x2, y1=y1, y2=y2)


def words(class_: str, x: float, y: float, content: object, anchor: str = "start") -> Markup:
    """A line of text that begins, is centred or ends at `x`."""
    return tag("text", content, class_=class_, x=x, y=y, text_anchor=anchor)


def joined(parts: Iterable[Markup]) -> Markup:
    """Elements behind each other."""
    return Markup("").join(parts)
