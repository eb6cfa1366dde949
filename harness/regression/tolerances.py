"""How far a number of a probe or a measurement may lie from its baseline before that is more than rounding.

On the machine and versions of the baseline nothing may differ at all. Elsewhere single-precision arithmetic rounds
otherwise, and a training makes of such a difference what it will: next to nothing in most, anything in one whose rate
is too high. So a probe trains twice, the second time from weights nudged by 2^-18 of themselves, which is more than a
rounding (2^-24) and less than any change of method; how far the nudge moved a number, times `NUDGES`, is how far that
number may move. The constants were chosen with the shipped suites at `ci`: `check` with the instructions of another
processor (`ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2`) prints how much of what is
allowed its roundings took, and each change of method that the tests make in the code passes it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LOGITS = 1e-4
"""Of the largest deviation of a logit from the mean."""
LOG_PROBABILITY = 2e-6
"""In log probabilities besides: sixteen roundings of a probability in single precision."""
LOSS = 1e-5
"""Of a loss."""
UPDATES = 1e-3
"""Of the root mean square of what a kind of parameter moved by."""
FIRST_UPDATES = 1e-4
"""The same of one step from first weights, in which roundings have not grown."""
NUDGES = 32
"""Times what the nudge moved one step from first weights."""
LATER_NUDGES = 1024
"""The same of the steps after it: one nudge is one draw of how far rounding goes, and there it has grown."""
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


def of_log_probabilities(before: Sequence[float]) -> list[float]:
    """How far centred log probabilities may move."""
    return [max(LOGITS * max(map(abs, before)), LOG_PROBABILITY)] * len(before)


def of_losses(before: Sequence[float], nudged: Sequence[float]) -> list[float]:
    """How far losses, step by step, may move; what the nudge moved once may have moved ever since."""
    apart = (abs(old - new) for old, new in itertools.zip_longest(before, nudged, fillvalue=math.nan))
    moved = itertools.accumulate((gap if math.isfinite(gap) else math.inf for gap in apart), max)
    return [max(LOSS * abs(old), LATER_NUDGES * gap) for old, gap in zip(before, moved, strict=False)]


def of_updates(before: Sequence[float], nudged: Sequence[float], *, first: bool) -> list[float]:
    """How far the mean and the root mean square of what parameters moved by may move, in a first step or in all."""
    share, nudges = (FIRST_UPDATES, NUDGES) if first else (UPDATES, LATER_NUDGES)
    moved = max(abs(old - new) for old, new in zip(before, nudged, strict=True))
    return [max(share * abs(before[1]), nudges * moved if math.isfinite(moved) else math.inf)] * len(before)


def centred_logs(probabilities: Sequence[float], classes: int) -> list[float]:
    """Log probabilities less their mean, image by image: the logits that softmax hides."""
    logs = [math.log(max(value, 1e-38)) if math.isfinite(value) else math.nan for value in probabilities]
    images = (logs[start : start + classes] for start in range(0, len(logs), classes))
    return [value - sum(image) / len(image) for image in images for value in image]
