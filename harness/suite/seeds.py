"""The training seeds of a scale: so many, or looks at growing numbers of them, from a first seed on."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from harness.strict import Strict

FEWEST, MOST_IN_LOOKS, MOST_LOOKS = 3, 50, 6


class SeedLooks(Strict):
    """Looks at the first so many seeds, each judged as a unit; a run ends at the look that leaves nothing undecided."""

    looks: list[int] = Field(min_length=1, max_length=MOST_LOOKS)
    """Numbers of seeds, in all, at each look."""
    first: int = Field(0, ge=0, le=1_000_000)
    """The first seed: where earlier ones were looked at, one beyond them."""

    @model_validator(mode="after")
    def _increasing(self) -> SeedLooks:
        grow = all(early < late for early, late in pairwise(self.looks))
        if not (grow and self.looks[0] >= FEWEST and self.looks[-1] <= MOST_IN_LOOKS):
            raise ValueError(
                f"looks increase from {FEWEST} or more seeds to {MOST_IN_LOOKS} or fewer, not {self.looks}"
            )
        return self


def _form(given: Any) -> str:
    """Name the form that a value is meant to be in."""
    return "in_looks" if isinstance(given, Mapping | SeedLooks) else "fixed"


Seeds = Annotated[
    Annotated[int, Field(gt=0, le=1000), Tag("fixed")] | Annotated[SeedLooks, Tag("in_looks")], Discriminator(_form)
]
"""A number of seeds, 0 to that less one, or looks at growing numbers."""


def sizes(seeds: int | SeedLooks) -> tuple[int, ...]:
    """Give the number of seeds at each look; a single one where it is fixed."""
    return (seeds,) if isinstance(seeds, int) else tuple(seeds.looks)


def first_seed(seeds: int | SeedLooks) -> int:
    """The smallest of the declared seeds."""
    return 0 if isinstance(seeds, int) else seeds.first


def in_words(seeds: int | SeedLooks) -> str:
    """Write the seeds for people.

    >>> in_words(5), in_words(SeedLooks(looks=[3, 5, 8], first=100))
    ('5', 'looks at 3, 5, 8 from seed 100 on')
    """
    if isinstance(seeds, int):
        return str(seeds)
    start = f" from seed {seeds.first} on" if seeds.first else ""
    return f"looks at {', '.join(map(str, seeds.looks))}{start}"
