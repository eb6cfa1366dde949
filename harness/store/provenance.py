"""Where something comes from that this program did not make: what a person says of it, and how it is told again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from harness.errors import UsageError

IMPORTED = "imported"
"""In the result of a training: whose weights these are, where they were not trained here."""

TRAINED_ELSEWHERE = "trained_elsewhere"
"""In the result of what rests on such trainings: the same of each, however far below."""

Provenance = Mapping[str, Any]


def said(provenance: Provenance) -> str:
    """One line for people: who says so, where, under which licence, when."""
    licence = provenance.get("licence")
    parts = [provenance["from"], provenance.get("url"), licence and f"licence {licence}", provenance.get("date")]
    return ", ".join(part for part in parts if part)


def trained_elsewhere(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every import that these results are or rest on, each file once."""
    found: dict[str, dict[str, Any]] = {}
    for result in results:
        own = [result[IMPORTED]] if IMPORTED in result else []
        for provenance in (*own, *result.get(TRAINED_ELSEWHERE, ())):
            found.setdefault(provenance["sha256"], dict(provenance))
    return list(found.values())


def all_said(provenances: Iterable[Provenance]) -> str:
    """Several of them on one line, each once."""
    return "; ".join(dict.fromkeys(map(said, provenances)))


def line(option: str, text: str) -> str:
    """What a person typed, without blanks around it; raises UsageError for nothing, or for more than one line."""
    text = text.strip()
    if not text or not text.isprintable():
        raise UsageError(f"{option}: needs one line of text that says who vouches for it")
    return text


def address(option: str, url: str) -> str:
    """A web address as it was typed; raises UsageError for anything else."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.netloc) and url.isprintable() and " " not in url
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"{option} {url!r}: not an address of the web, such as https://image-net.org/")
    return url


def day(option: str, text: str) -> str:
    """A day that has been, as YYYY-MM-DD; raises UsageError for anything else."""
    try:
        when = date.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or text != when.isoformat():
        raise UsageError(f"{option} {text!r}: not a day as YYYY-MM-DD")
    if when > datetime.now(UTC).date() + timedelta(days=1):  # somewhere it is tomorrow already
        raise UsageError(f"{option} {text}: that day is still to come")
    return text
