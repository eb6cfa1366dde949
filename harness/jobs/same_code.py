"""Versions of the code that give the same results, bit for bit: a committed list of pairs of digests, kind by kind.

A change of the code of a kind moves its digest, and results from before would be stale. Where
`tests/support/equal_code.py` has shown that the code before and after gives the same bits, `same_code.json` holds the
pair, and they stay current.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

PAIRS = Path(__file__).with_name("same_code.json")


def same_code(kind: str, digest: str) -> set[str]:
    """Every digest whose code gives the results of this one, itself included; through any chain of pairs."""
    found, waiting = set[str](), [digest]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [other for pair in pairs().get(kind, ()) if one in pair for other in pair]
    return found


def earliest(kind: str, digest: str) -> str:
    """Of the digests whose code gives the results of this one, the first there was: it stays while results do."""
    found = same_code(kind, digest)
    later = {after for _, after in pairs().get(kind, ())}
    return min(found - later or found)


@cache
def pairs() -> dict[str, list[list[str]]]:
    """Of each kind, pairs of digests: the code before a change and after it."""
    document: dict[str, list[list[str]]] = json.loads(PAIRS.read_bytes())
    return document
