"""Composes the node graph of a YAML 1.2 text: by libyaml where it can, by ruamel otherwise, to the same nodes.

libyaml, which PyYAML's wheels hold, takes a fraction of the time. It finds keys, values and places. What a plain scalar
means is left to ruamel, whose rules are those of YAML 1.2 (`yes` is text, `0o17` a number). A text that libyaml
refuses, or that holds a character which the two read otherwise, goes to ruamel, whose messages people see.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.tag import Tag
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent

CParser: Any = getattr(yaml.cyaml, "CParser", None) if yaml.__with_libyaml__ else None
"""libyaml's parser; None where PyYAML was built without it."""

READ_OTHERWISE = re.compile(
    "[\t\r\x85\u2028\u2029\ufeff]|[^\x20-\x7e\n\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[|>][-+0-9]*#"
)
"""What the two parsers treat differently: tabs, line breaks of YAML 1.1, marks, controls, and `|#`."""

_RESOLVER = YAML(typ="safe", pure=True).resolver


@lru_cache(maxsize=64)
def composed(text: str) -> Node | None:
    """Compose the node graph of a YAML text, which nobody changes; it is kept, for suites share their paper's files.

    Raises YAMLError, RecursionError or ValueError, and keeps nothing then.
    """
    if CParser is not None and not READ_OTHERWISE.search(text):
        try:
            return _Composer(text).document()
        except (yaml.YAMLError, _Unlike):
            pass  # ruamel tells what is wrong
    node: Node | None = YAML(typ="safe", pure=True).compose(text)
    return node


class _Unlike(Exception):
    """The text holds something that is left to ruamel."""


class _Composer:
    """Builds ruamel's nodes from the events of libyaml."""

    def __init__(self, text: str) -> None:
        self.parser = CParser(text)

    def document(self) -> Node | None:
        """Return the node of the only document; None for an empty text."""
        self.parser.get_event()
        if self.parser.check_event(yaml.StreamEndEvent):
            return None
        self.parser.get_event()
        node = self._node(self.parser.get_event())
        if isinstance(node, ScalarNode):
            raise _Unlike
        self.parser.get_event()
        if not self.parser.check_event(yaml.StreamEndEvent):
            raise _Unlike
        return node

    def _node(self, event: Any) -> Node:
        if isinstance(event, AliasEvent) or event.anchor is not None or event.tag is not None:
            raise _Unlike  # a suite has none of them, and people are told so
        if isinstance(event, ScalarEvent):
            tag = _tag(ScalarNode, event.value if event.implicit[0] else None, event.implicit)
            return ScalarNode(tag, event.value, event.start_mark, event.end_mark, style=event.style)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event)
        return self._sequence(event)

    def _sequence(self, event: Any) -> Node:
        found = []
        while not isinstance(one := self.parser.get_event(), SequenceEndEvent):
            found.append(self._node(one))
        return SequenceNode(_tag(SequenceNode, None, event.implicit), found, event.start_mark, one.end_mark)

    def _mapping(self, event: Any) -> Node:
        found = []
        while not isinstance(one := self.parser.get_event(), MappingEndEvent):
            key = self._node(one)
            found.append((key, self._node(self.parser.get_event())))
        return MappingNode(_tag(MappingNode, None, event.implicit), found, event.start_mark, one.end_mark)


@lru_cache(maxsize=2**12)
def _tag(kind: type[Node], plain: str | None, implicit: Any) -> Tag:
    """Return the tag of a node by ruamel's rules; keys and words come again and again. `plain` is an unquoted text."""
    tag: Tag = _RESOLVER.resolve(kind, plain, implicit)
    return tag
