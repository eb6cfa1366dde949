"""The lines that cite a report, and the commit to check out to run it again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.report.results.document import Results


def bibtex(results: Results, title: str) -> str:
    """An entry for BibTeX, with the digest by which anybody can tell that it is of this document."""
    digest = results.digest.document or results.digest.results
    year = (results.cost.finished_at or "")[:4]
    name = re.sub(r"[^A-Za-z0-9-]+", "-", f"{results.paper}-{results.suite}-{results.scale}-{digest[:8]}")
    fields = {
        "title": f"{title}: a reproduction report",
        "note": f"Suite {results.suite} of {results.paper}, {results.scale} scale; results.json has SHA-256 {digest}",
        "year": year,
    }
    lines = [f"  {key} = {{{_plain(value)}}}" for key, value in fields.items() if value]
    return f"@misc{{{name},\n" + ",\n".join(lines) + "\n}"


def commit_of(results: Results) -> str | None:
    """The one commit that every result was made with; None where there were several, or none is known."""
    found = set(_commits(results.environment))
    return found.pop() if len(found) == 1 else None


def _plain(text: str) -> str:
    """A text that ends no field of BibTeX."""
    return re.sub(r"[{}\\]", "", " ".join(text.split())).replace("_", r"\_").replace("%", r"\%").replace("&", r"\&")


def _commits(node: Any) -> Iterator[str]:
    for name, value in node.items() if isinstance(node, dict) else ():
        if name == "commit" and isinstance(value, str) and re.fullmatch(r"[0-9a-f]{7,64}", value):
            yield value
        yield from _commits(value)
