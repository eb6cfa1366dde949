"""The elements of a page, and documents with hostile text from which pages are made."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

PAYLOADS = [
    "<script>alert(1)</script> {{ 7 * 7 }}{% raw %} ]]><!--",
    "\"><svg onload=alert(1)> </style></title><img src=//evil.example onerror=alert(1)> ' onmouseover='alert(1)",
    "javascript:alert(1)",
    "\ud800\x00",
]


VOID = {"meta", "link", "img", "br", "hr", "input"}


class Elements(HTMLParser):
    """Every element of a page in order, as (tag, attributes), and the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.raw: dict[str, str] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element and mark it open."""
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element."""
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the element opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Record the text of a script or style."""
        if self.open and self.open[-1] in ("script", "style"):
            self.raw[self.open[-1]] = self.raw.get(self.open[-1], "") + data

    def attributes(self, name: str) -> list[str]:
        """Return all values of one attribute."""
        return [attributes[name] or "" for _, attributes in self.found if name in attributes]

    def shape(self) -> list[tuple[str, frozenset[str]]]:
        """Return the elements without the values of their attributes."""
        return [(tag, frozenset(attributes)) for tag, attributes in self.found]


def with_text(node: Any, change: Callable[[str], str]) -> Any:
    """Return a document with every text changed, names used as keys included; keys of the format stay."""
    if isinstance(node, dict):
        names = {"cnn", "ensemble", "sixth", "relu", "tanh", "cifar", "count", "signal", "clock", "near", "kernels"}
        named = node.keys() <= names
        return {change(k) + k if named else k: with_text(v, change) for k, v in node.items()}
    if isinstance(node, list):
        return [with_text(child, change) for child in node]
    return change(node) if isinstance(node, str) else node
