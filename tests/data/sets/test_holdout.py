"""Tests of the declared validation part."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.data.sets.holdout import held_out


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(1, 5))
def test_held_out_images_are_the_last_of_their_class(labels: list[int], per_class: int) -> None:
    """The held-out images are the last of each class, in the declared number."""
    mask = held_out(np.array(labels), per_class)
    for label in set(labels):
        held = mask[np.array(labels) == label].tolist()
        kept = max(0, len(held) - per_class)
        assert held == [False] * kept + [True] * (len(held) - kept)
