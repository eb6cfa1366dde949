"""Versions of the code that give the same results bit for bit: a committed list of pairs of digests, by kind.

Any change to the code of a kind moves its digest, and would make earlier results stale. Where
`tests/support/equal_code.py` has shown that the code before and after a change gives the same bits, `same_code.json`
holds the pair of digests, and the results stay current.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

PAIRS = Path(__file__).with_name("same_code.json")


def same_code(kind: str, digest: str) -> set[str]:
    """Return every digest whose code gives the same results as `digest`, itself included, over any chain of pairs."""
    found, waiting = set[str](), [digest]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [other for pair in pairs().get(kind, ()) if one in pair for other in pair]
    return found


def earliest(kind: str, digest: str) -> str:
    """Return the first of the digests that give the same results as `digest`. It stays the same while results do."""
    found = same_code(kind, digest)
    later = {after for _, after in pairs().get(kind, ())}
    return min(found - later or found)


@cache
def pairs() -> dict[str, list[list[str]]]:
    """Return the pairs of digests (code before a change, code after it) by kind."""
    document: dict[str, list[list[str]]] = json.loads(PAIRS.read_bytes())
    return document
