"""The claims of a suite with the direction of each printed size beside it: they are two claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.suite.claims import Claim

DIRECTION = ".direction"
"""The ending that makes the name of a claim the name of its direction."""


def with_directions(claims: Mapping[str, Claim]) -> dict[str, Claim]:
    """Give every claim, and behind one that prints a factor or an amount its direction, as `NAME.direction`."""
    return dict(_parts(claims))


def parent_of(name: str) -> str:
    """Name the claim of which this is the direction; gives any other name back.

    >>> parent_of("faster.direction"), parent_of("faster")
    ('faster', 'faster')
    """
    return name.removesuffix(DIRECTION)


def is_direction(name: str) -> bool:
    """Say whether a claim is the direction of another."""
    return name.endswith(DIRECTION)


def prints_size(claim: Claim) -> bool:
    """Say whether a claim is about a factor or an amount that the paper prints."""
    return claim.reduces is not None or (claim.faster is not None and claim.faster.times is not None)


def _parts(claims: Mapping[str, Claim]) -> Iterator[tuple[str, Claim]]:
    for name, claim in claims.items():
        yield name, claim
        if prints_size(claim):
            yield f"{name}{DIRECTION}", _direction_of(claim)


def _direction_of(claim: Claim) -> Claim:
    says = f"{claim.says}; its direction alone"
    if claim.reduces is not None:
        first, second = claim.reduces.of
        return claim.model_copy(update={"says": says, "reduces": None, "less": (second, first)})
    assert claim.faster is not None
    return claim.model_copy(update={"says": says, "faster": claim.faster.model_copy(update={"times": None})})
