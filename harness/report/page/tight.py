"""Takes out of a page the room and the escapes that no reader sees, so that it is light."""

from __future__ import annotations

import re

_AS_WRITTEN = re.compile(r"(<(pre|script|style)\b.*?</\2>)", re.DOTALL)
"""Elements in which a space or a line is content, or which a content policy knows by their hash."""
_BLOCK = (
    r"</?(?:article|caption|dd|details|div|dl|dt|footer|h[1-6]|header|li|main|nav|ol|p|section|summary|table|tbody"
    r"|td|th|thead|tr|ul)\b[^>]*>"
)
_LINE = re.compile(r"\s*\n\s*")
_AFTER, _BEFORE = re.compile(rf"({_BLOCK})\n"), re.compile(rf"\n(?={_BLOCK})")
_TEXT = re.compile(r"(?<=>)[^<]*&#34;[^<]*")


def shorter_script(script: str) -> str:
    """A script of ours without its indentation, its empty lines and the lines that are a comment."""
    lines = map(str.strip, script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def tight(page: str) -> str:
    r"""A page that looks the same: no room around blocks, and quotes as they are; values stand in double quotes.

    >>> tight('<p>\n  it&#39;s <b title="&#34;">so</b>\n  <i>here</i>\n</p>\n')
    '<p>it\'s <b title="&#34;">so</b>\n<i>here</i></p>'
    """
    parts = _AS_WRITTEN.split(page)
    # Of a split by two groups, every third part lies outside, the next is the element, and the one after its name.
    outside = [_BEFORE.sub("", _AFTER.sub(r"\1", _LINE.sub("\n", part))) for part in parts[::3]]
    shown = [one for pair in zip(outside, [*parts[1::3], ""], strict=True) for one in pair]
    # A single quote ends no value of ours; a double one is content between tags alone.
    return _TEXT.sub(lambda found: found[0].replace("&#34;", '"'), "".join(shown).replace("&#39;", "'"))
