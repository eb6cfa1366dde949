"""How far a number of a probe or a measurement may lie from its baseline before that is more than rounding.

On the machine and versions of the baseline nothing may differ at all. Elsewhere single-precision arithmetic rounds
otherwise, and a training makes of such a difference what it will: next to nothing at first, anything once it has grown.
So a baseline holds, for each number of a training, how far a few disturbed runs of the same training moved it
(`probes.DISTURBANCES`). `SPREAD` times the furthest is allowed. Once disturbed runs are further apart than `LINEAR` of
a loss, rounding alone carries the training anywhere: from there on nothing is compared, and the finding says so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LOGITS = 1e-4
"""Of the largest deviation of a logit from the mean."""
RESPONSES = 1e-5
"""Of the largest number of a layer's response."""
LOG_PROBABILITY = 2e-6
"""In log probabilities besides: sixteen roundings of a probability in single precision."""
LOSS = 1e-5
"""Of a loss."""
UPDATES = 1e-3
"""Of the root mean square of what a kind of parameter moved by."""
FIRST_UPDATES = 1e-4
"""The same of one step from first weights, in which roundings have not grown."""
SPREAD = 16
"""Times how far the furthest of the disturbed runs went: another processor is one more draw of the same kind."""
LINEAR = 1e-3
"""Of a loss: as far as disturbed runs may be apart for another processor's run to be compared at all."""
LINEAR_UPDATES = 0.02
"""The same of the root mean square of what a kind of parameter moved by."""
FAR = 1e9
"""Written for a distance to a run that diverged."""
DRAWN = 2e-3
"""Of a number that random nets or torch's arithmetic yield."""
DRAWN_FLOOR = 1e-6
"""Besides: such numbers may be differences of what should be equal, and then they are rounding themselves."""
COMPUTED = 1e-12
"""Of a number that follows from definitions; libraries disagree in the last digit of a power or a logarithm."""
TIMED = 0.25
"""Of a number of a clock."""


class Departure(NamedTuple):
    """The number that went furthest from its baseline for what it may."""

    place: int
    before: float
    now: float
    times: float
    """How many times as far as it may; infinite where one of the two is no number."""


def departures(before: Sequence[float], now: Sequence[float], allowed: Sequence[float]) -> list[Departure]:
    """How far each number of one went for what it may; where one has more, the first without a partner is too far."""
    pairs = list(zip(before, now, allowed, strict=False))
    found = [Departure(place, old, new, _times(old, new, may)) for place, (old, new, may) in enumerate(pairs)]
    if len(before) == len(now):
        return found
    place = min(len(before), len(now))
    old, new = (values[place] if place < len(values) else math.nan for values in (before, now))
    return [*found, Departure(place, old, new, math.inf)]


def furthest(found: Iterable[Departure]) -> Departure | None:
    """The departure that goes furthest for what it may, the first of such; None of none."""
    return max(found, key=lambda departure: departure.times, default=None)


def _times(before: float, now: float, allowed: float) -> float:
    if math.isfinite(before) and math.isfinite(now):
        distance = abs(now - before)
        return distance / allowed if allowed > 0 else (math.inf if distance else 0.0)
    return 0.0 if str(before) == str(now) else math.inf


def of_logits(before: Sequence[float]) -> list[float]:
    """How far logits may move."""
    middle = sum(before) / len(before)
    return [LOGITS * max(abs(value - middle) for value in before)] * len(before)


def of_responses(before: Sequence[float]) -> list[float]:
    """How far what a layer makes of given numbers may move: by rounding once, not through a net."""
    return [RESPONSES * max(map(abs, before), default=0.0)] * len(before)


def of_amplified(largest: float) -> float:
    """How far a log probability may move where the largest logit, amplified as the others are, has this size.

    A logit is known to a few roundings in single precision, 2^-24 of itself, however little logits differ.
    """
    return SPREAD * 2.0**-24 * largest


def of_log_probabilities(before: Sequence[float]) -> list[float]:
    """How far centred log probabilities may move."""
    return [max(LOGITS * max(map(abs, before)), LOG_PROBABILITY)] * len(before)


def of_losses(before: Sequence[float], moved: Sequence[float]) -> list[float]:
    """How far losses, step by step, may move, of which disturbed runs moved each so far; infinite from chaos on.

    What once moved a loss may have moved all later ones.
    """
    return [
        math.inf if far > LINEAR * abs(old) else max(LOSS * abs(old), SPREAD * far)
        for old, far in zip(before, itertools.accumulate(moved, max), strict=False)
    ]


def chaotic_from(allowed: Sequence[float]) -> int | None:
    """The first step, from 0, whose loss may be anything; None where every one is compared."""
    return next((step for step, may in enumerate(allowed) if math.isinf(may)), None)


def of_updates(before: Sequence[float], moved: Sequence[float], *, first: bool) -> list[float]:
    """How far the mean and the root mean square of what parameters moved by may move, in a first step or in all."""
    share, size, far = (FIRST_UPDATES if first else UPDATES), abs(before[1]), max(moved)
    allowed = max(share * size, SPREAD * far)
    return [math.inf if far > LINEAR_UPDATES * size and not first else allowed] * len(before)


def furthest_apart(runs: Sequence[Sequence[float]], start: Sequence[float]) -> list[float]:
    """Number by number, how far the furthest of these runs went from one; `FAR` where one of them has no number."""
    gaps = [
        [abs(old - new) for old, new in itertools.zip_longest(start, run[: len(start)], fillvalue=math.nan)]
        for run in runs
    ]
    return [max(min(gap, FAR) if math.isfinite(gap) else FAR for gap in step) for step in zip(*gaps, strict=True)]


def centred_logs(probabilities: Sequence[float], classes: int) -> list[float]:
    """Log probabilities less their mean, image by image: the logits that softmax hides."""
    logs = [math.log(max(value, 1e-38)) if math.isfinite(value) else math.nan for value in probabilities]
    images = (logs[start : start + classes] for start in range(0, len(logs), classes))
    return [value - sum(image) / len(image) for image in images for value in image]
