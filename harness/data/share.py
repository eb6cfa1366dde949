"""The part of a batch that one process takes when several share it."""

from __future__ import annotations

from typing import NamedTuple


class Share(NamedTuple):
    """Images `start` to `stop` - 1 of a batch of `whole` images; random numbers are drawn for the whole batch."""

    start: int
    stop: int
    whole: int

    @property
    def part(self) -> slice:
        """Slice of the batch."""
        return slice(self.start, self.stop)


def whole(batch: int) -> Share:
    """Return the share of a process that takes the whole batch."""
    return Share(0, batch, batch)


def share(batch: int, rank: int, processes: int) -> Share:
    """Return the part of a batch that one of several processes takes; sizes differ by at most one image.

    >>> [share(10, rank, 3).part for rank in range(3)]
    [slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)]
    """
    return Share(batch * rank // processes, batch * (rank + 1) // processes, batch)
