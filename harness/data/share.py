"""Which images of a batch one process takes, where several share it."""

from __future__ import annotations

from typing import NamedTuple


class Share(NamedTuple):
    """Images `start` to `stop` - 1 of a batch of `whole`; what is random is drawn for the whole of it all the same."""

    start: int
    stop: int
    whole: int

    @property
    def part(self) -> slice:
        """Where they are in the batch."""
        return slice(self.start, self.stop)


def whole(batch: int) -> Share:
    """A batch that nobody shares."""
    return Share(0, batch, batch)


def share(batch: int, rank: int, processes: int) -> Share:
    """What one of several processes takes of a batch: all of it together, and no two differ by more than an image."""
    return Share(batch * rank // processes, batch * (rank + 1) // processes, batch)
