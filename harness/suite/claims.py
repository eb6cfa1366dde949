"""The grammar of claims: one relation, by one operator, over operands that a suite's experiments measure.

An operand is the id of a cell (`cnn.top1`), or a value: `experiment.evaluation.metric`, or `experiment.quantity` of a
measuring experiment. `experiment.epochs.best_validation_error` is of the best epoch of a training, and `last_` of its
last; `train_error` likewise. `members_` before the metric of an ensemble means its nets, each by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PositiveFloat, model_validator

from harness.strict import Strict
from harness.suite.printed import is_printed
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.suite.yaml_places import KeyPath


class Reduction(Strict):
    """Paper scale: the first operand less the second is `by` within `margin`; smaller scales: the direction only."""

    of: tuple[str, str]
    by: PositiveFloat
    margin: PositiveFloat


class Equality(Strict):
    """Both operands are the same within `margin`, in their unit; numbers that nothing is sampled in may need none."""

    of: tuple[str, str]
    margin: float = Field(0.0, ge=0)


class Exact(Strict):
    """A number of ours is equal to another, or within bounds.

    Arithmetic decides a number that follows from definitions, an interval decides a timing, and every seed has to agree
    on a number that is sampled.
    """

    value: str
    equals: float | None = None
    printed: str | None = None
    """The number as the paper prints it, in the place of `equals`; ours may differ by half of its last digit."""
    at_most: float | None = None
    at_least: float | None = None
    within_percent: float = Field(0.0, ge=0)
    """The margin in percent of the number to equal, for a round figure in prose."""
    bound: Literal["lower", "upper"] | None = None
    """The value is only a bound on what the claim speaks of: one from below cannot contradict `at_least`."""
    smallest_effect: PositiveFloat | None = None
    """The distance beyond a threshold of ours at which a sampled value contradicts the claim; without it, none does."""

    @model_validator(mode="after")
    def _bounded(self) -> Exact:
        if self.printed is not None and not is_printed(self.printed):
            raise ValueError(f"`printed` {self.printed!r} is not a number as printed")
        given = [self.equals is not None, self.printed is not None, (self.at_most, self.at_least) != (None, None)]
        if sum(given) != 1:
            raise ValueError("needs one of `equals`, `printed`, or `at_most` and/or `at_least`")
        return self


class Trend(Strict):
    """The operands, in their order, go down or up as a whole."""

    values: list[str] = Field(min_length=3)
    direction: Literal["down", "up"]


class AtChance(Strict):
    """An error in percent stays at that of guessing, or leaves it, in every seed."""

    value: str
    chance: float | None = Field(None, gt=0, le=100)
    """The error, in percent, of guessing; without it, that of guessing among the classes of the scale."""
    tolerance: PositiveFloat
    """Points below chance that still count as staying there."""

    @model_validator(mode="after")
    def _is_an_error(self) -> AtChance:
        if self.value.count(".") != 2 or not self.value.endswith((".top1_error", ".top5_error")):
            raise ValueError("`value` needs a top-k error of a test: experiment.evaluation.top1_error or top5_error")
        return self


class Times(Strict):
    """A ratio that the paper prints, and how far off ours may be: from `by` / `within` to `by` * `within`."""

    by: PositiveFloat
    within: float = Field(gt=1)
    """A factor, declared before running, for the paper's words are round."""


class Faster(Strict):
    """The `fast` training reaches a training error in fewer epochs than the `slow` one: at all, or `times` fewer."""

    slow: str
    fast: str
    train_error: Annotated[float, Field(gt=0, lt=100)] | dict[ScaleName, Annotated[float, Field(gt=0, lt=100)]]
    """Percent; where both nets still differ on this data set, declared beforehand: one number, or one a scale."""
    times: Times | None = None
    """The ratio the paper prints, tested at paper scale; the direction is a claim of its own."""

    def threshold(self, scale: ScaleName) -> float | None:
        """The training error at a scale; None where none is declared."""
        return self.train_error.get(scale) if isinstance(self.train_error, dict) else self.train_error


class EqualGaps(Strict):
    """The gaps between test and training error of two arms are the same within `margin`: neither overfits more."""

    of: tuple[tuple[str, str], tuple[str, str]]
    """(training error, test error) of each arm."""
    margin: PositiveFloat


class WiderGap(Strict):
    """The gap between test and training error is wider in one arm than in another: it overfits more."""

    wider: tuple[str, str]
    """(training error, test error) of the arm said to overfit more."""
    narrower: tuple[str, str]


OPERATORS = (
    "cells", "less", "reduces", "equal", "exact", "trend", "stalls", "leaves_chance", "faster", "gap",
    "equal_gaps", "quoted", "impossible",
)  # fmt: skip
"""Every operator; a claim has exactly one."""


class Claim(Strict):
    """One relation the paper asserts, or why nobody can test it."""

    ref: str = Field(pattern=r"^[A-Z]\d\d$")
    """The paper's claim: A01. A claim with several parts stands in several entries with the same ref."""
    says: str
    source: str
    cells: Annotated[list[str], Field(min_length=1)] | None = None
    """Holds when every one of these cells is a match."""
    less: tuple[str, str] | None = None
    """The first operand is smaller than the second."""
    reduces: Reduction | None = None
    equal: Equality | None = None
    exact: Exact | None = None
    trend: Trend | None = None
    stalls: AtChance | None = None
    leaves_chance: AtChance | None = None
    faster: Faster | None = None
    gap: WiderGap | None = None
    equal_gaps: EqualGaps | None = None
    quoted: str | None = None
    """The source of a number that the paper only quotes from others, or states as a setting."""
    impossible: str | None = None
    """The reason why no experiment of this program can test it."""
    by_construction: str | None = None
    """The reason why the numbers cannot come out otherwise, whatever the nets are like; they then confirm nothing."""
    post_hoc: str | None = None
    """After which result the claim was declared, and why; a claim declared beforehand has none."""
    confounders: str | None = None
    """In what the arms differ beyond the thing that is tested, as far as their resolved specs do not tell."""

    @model_validator(mode="after")
    def _one_operator(self) -> Claim:
        given = [name for name in OPERATORS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(OPERATORS)}; has {', '.join(given) or 'none'}")
        return self

    @property
    def operator(self) -> str:
        """The name of the one operator."""
        return next(name for name in OPERATORS if getattr(self, name) is not None)

    @property
    def form(self) -> dict[str, Any]:
        """The operator's settings as plain data; a later option that is left at its default is left out.

        Forms are compared with those of earlier versions, which a rule common to all claims must not change.
        """
        said = self.model_dump(mode="json")[self.operator]
        return _without_defaults(said) if isinstance(said, dict) else said

    @property
    def operands(self) -> tuple[str, ...]:
        """The operands of the operator, in their order; the trainings of `faster` are experiments and no operands."""
        return tuple(operand for _, operand in self.placed_operands())

    def placed_operands(self) -> Iterator[tuple[KeyPath, str]]:
        """Give every operand with the key path, below the claim, at which it stands in the file.

        >>> claim = Claim(ref="A01", says="", source="", equal=Equality(of=("cnn.top1", "cnn.top5")))
        >>> list(claim.placed_operands())
        [(('equal', 'of', 0), 'cnn.top1'), (('equal', 'of', 1), 'cnn.top5')]
        """
        for path, operand in _operands(getattr(self, self.operator)):
            yield (self.operator, *path), operand


_LATER: dict[str, object] = {"printed": None, "bound": None, "smallest_effect": None}
"""Options of operators that came after the first forms were declared, each with what it is where it is left out."""


def _without_defaults(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in _LATER or value != _LATER[name]}


def _operands(said: object) -> Iterator[tuple[KeyPath, str]]:
    """Give the operands of one operator, each with its key path below the operator."""
    match said:
        case Reduction() | Equality():
            yield from _listed(("of",), said.of)
        case Exact() | AtChance():
            yield ("value",), said.value
        case Trend():
            yield from _listed(("values",), said.values)
        case WiderGap():
            yield from (*_listed(("wider",), said.wider), *_listed(("narrower",), said.narrower))
        case EqualGaps():
            yield from (*_listed(("of", 0), said.of[0]), *_listed(("of", 1), said.of[1]))
        case list() | tuple():  # `cells` and `less`
            yield from _listed((), said)


def _listed(path: KeyPath, operands: Sequence[str]) -> Iterator[tuple[KeyPath, str]]:
    return (((*path, index), operand) for index, operand in enumerate(operands))
