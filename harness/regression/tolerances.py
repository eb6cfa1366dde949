"""Tolerances: how far a number of a probe or measurement may lie from its baseline and still count as rounding.

On the baseline's own machine and versions, no bit may differ. Elsewhere, single-precision arithmetic rounds otherwise.
In a training the difference is tiny at first and may grow without limit. A baseline therefore holds, for each number of
a training, how far some disturbed runs moved it (`probes.DISTURBANCES`). `SPREAD` times the largest distance is
allowed. Once disturbed runs lie further apart than `LINEAR` of a loss, rounding alone carries the training anywhere.
From that step on nothing is compared, and the finding says so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LOGITS = 1e-4
"""Share of the largest deviation of a logit from the mean."""
RESPONSES = 1e-5
"""Share of the largest number in a layer's response."""
LOG_PROBABILITY = 2e-6
"""Least tolerance of a log probability: sixteen roundings of a probability in single precision."""
LOSS = 1e-5
"""Share of a loss."""
UPDATES = 1e-3
"""Share of the root mean square of a parameter's movement."""
FIRST_UPDATES = 1e-4
"""The same for one step from first weights, in which rounding errors have not grown."""
AMPLIFIED = 0.1
"""Share of the largest amplified logit, which tells how far rounding may move the others."""
SPREAD = 16
"""Factor on the distance of the furthest disturbed run; another processor is one more draw of the same kind."""
LINEAR = 1e-3
"""Share of a loss: the largest distance of disturbed runs at which the loss is still compared."""
LINEAR_UPDATES = 0.02
"""The same as a share of the root mean square of a parameter's movement."""
FAR = 1e9
"""Distance recorded for a run that diverged."""
DRAWN = 2e-3
"""Share of a number that comes from random nets or torch's arithmetic."""
DRAWN_FLOOR = 1e-6
"""Least tolerance of such a number; it may be a difference of equal numbers, and then it is rounding itself."""
COMPUTED = 1e-12
"""Share of a number that follows from definitions; libraries disagree in the last digit of a power or logarithm."""
TIMED = 0.25
"""Share of a timing."""


class Departure(NamedTuple):
    """The distance of one number from its baseline, relative to its tolerance."""

    place: int
    before: float
    now: float
    times: float
    """Distance divided by the tolerance; infinite where one of the two is not a number."""


def departures(before: Sequence[float], now: Sequence[float], allowed: Sequence[float]) -> list[Departure]:
    """Compare two lists of numbers; where one is longer, its first number without a partner departs infinitely.

    >>> [round(one.times, 2) for one in departures([1.0, 2.0], [1.5, 2.0], [1.0, 1.0])]
    [0.5, 0.0]
    """
    pairs = list(zip(before, now, allowed, strict=False))
    found = [Departure(place, old, new, _times(old, new, may)) for place, (old, new, may) in enumerate(pairs)]
    if len(before) == len(now):
        return found
    place = min(len(before), len(now))
    old, new = (values[place] if place < len(values) else math.nan for values in (before, now))
    return [*found, Departure(place, old, new, math.inf)]


def furthest(found: Iterable[Departure]) -> Departure | None:
    """Return the first of the largest departures, relative to their tolerances; None without any."""
    return max(found, key=lambda departure: departure.times, default=None)


def _times(before: float, now: float, allowed: float) -> float:
    if math.isfinite(before) and math.isfinite(now):
        distance = abs(now - before)
        return distance / allowed if allowed > 0 else (math.inf if distance else 0.0)
    return 0.0 if str(before) == str(now) else math.inf


def of_logits(before: Sequence[float]) -> list[float]:
    """Return the tolerances of logits."""
    middle = sum(before) / len(before)
    return [LOGITS * max(abs(value - middle) for value in before)] * len(before)


def of_responses(before: Sequence[float]) -> list[float]:
    """Return the tolerances of a layer's response to a given input, in which rounding does not pass through a net."""
    return [RESPONSES * max(map(abs, before), default=0.0)] * len(before)


def of_amplified(largest: float) -> float:
    """Return the tolerance of a log probability where the largest amplified logit has this size.

    A logit is known to a few roundings in single precision, 2^-24 of itself, however little logits differ.
    """
    return SPREAD * 2.0**-24 * largest


def of_log_probabilities(before: Sequence[float]) -> list[float]:
    """Return the tolerances of centred log probabilities."""
    return [max(LOGITS * max(map(abs, before)), LOG_PROBABILITY)] * len(before)


def of_losses(before: Sequence[float], moved: Sequence[float]) -> list[float]:
    """Return the tolerances of losses by step, given how far disturbed runs moved each; infinite once they are chaotic.

    A disturbance of one step counts for all later steps too.
    """
    return [
        math.inf if far > LINEAR * abs(old) else max(LOSS * abs(old), SPREAD * far)
        for old, far in zip(before, itertools.accumulate(moved, max), strict=False)
    ]


def chaotic_from(allowed: Sequence[float]) -> int | None:
    """Return the first step, counted from 0, with an infinite tolerance; None where every step is compared."""
    return next((step for step, may in enumerate(allowed) if math.isinf(may)), None)


def of_updates(before: Sequence[float], moved: Sequence[float], *, first: bool) -> list[float]:
    """Return the tolerances of the mean and root mean square of a parameter's movement, in a first step or in all.

    One step is never chaotic, so disturbed runs count there for no more than `LINEAR_UPDATES`.
    """
    share, size, far = (FIRST_UPDATES if first else UPDATES), abs(before[1]), max(moved)
    far = min(far, LINEAR_UPDATES * size) if first else far
    allowed = max(share * size, SPREAD * far)
    return [math.inf if far > LINEAR_UPDATES * size and not first else allowed] * len(before)


def furthest_apart(runs: Sequence[Sequence[float]], start: Sequence[float]) -> list[float]:
    """Return for each number of `start` the largest distance of any run; `FAR` where a run has no such number."""
    gaps = [
        [abs(old - new) for old, new in itertools.zip_longest(start, run[: len(start)], fillvalue=math.nan)]
        for run in runs
    ]
    return [max(min(gap, FAR) if math.isfinite(gap) else FAR for gap in step) for step in zip(*gaps, strict=True)]


def centred_logs(probabilities: Sequence[float], classes: int) -> list[float]:
    """Return log probabilities minus their mean in each image, which are the logits up to a constant."""
    logs = [math.log(max(value, 1e-38)) if math.isfinite(value) else math.nan for value in probabilities]
    images = (logs[start : start + classes] for start in range(0, len(logs), classes))
    return [value - sum(image) / len(image) for image in images for value in image]
