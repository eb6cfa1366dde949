"""The provenance of files that this program did not make: what a person states about them, checked and formatted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from harness.errors import UsageError

IMPORTED = "imported"
"""Key in the result of an imported training: the provenance of its weights."""

TRAINED_ELSEWHERE = "trained_elsewhere"
"""Key in the result of a job that rests on imported trainings, directly or not: the provenance of each."""

Provenance = Mapping[str, Any]


def said(provenance: Provenance) -> str:
    """Format a provenance as one line: who vouches for it, its address, licence and date.

    >>> said({"from": "A. Author", "licence": "MIT", "date": "2014-09-04"})
    'A. Author, licence MIT, 2014-09-04'
    """
    licence = provenance.get("licence")
    parts = [provenance["from"], provenance.get("url"), licence and f"licence {licence}", provenance.get("date")]
    return ", ".join(part for part in parts if part)


def trained_elsewhere(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Collect the provenance of every import that these results are or rest on, each file once."""
    found: dict[str, dict[str, Any]] = {}
    for result in results:
        own = [result[IMPORTED]] if IMPORTED in result else []
        for provenance in (*own, *result.get(TRAINED_ELSEWHERE, ())):
            found.setdefault(provenance["sha256"], dict(provenance))
    return list(found.values())


def all_said(provenances: Iterable[Provenance]) -> str:
    """Format several provenances as one line, each once."""
    return "; ".join(dict.fromkeys(map(said, provenances)))


def line(option: str, text: str) -> str:
    """Return one line of text without surrounding blanks; raises UsageError for empty or longer text."""
    text = text.strip()
    if not text or not text.isprintable():
        raise UsageError(f"{option}: needs one line of text that says who vouches for it")
    return text


def address(option: str, url: str) -> str:
    """Return a web address unchanged; raises UsageError for any other text."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.netloc) and url.isprintable() and " " not in url
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"{option} {url!r} is not a web address, such as https://image-net.org/")
    return url


def day(option: str, text: str) -> str:
    """Return a past day as YYYY-MM-DD; raises UsageError for any other text and for a day in the future."""
    try:
        when = date.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or text != when.isoformat():
        raise UsageError(f"{option} {text!r} is not a day as YYYY-MM-DD")
    if when > datetime.now(UTC).date() + timedelta(days=1):  # somewhere on earth it is tomorrow already
        raise UsageError(f"{option} {text} lies in the future")
    return text
