"""Declarations of a scale's seeds: a number, or looks, and faults of both."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_files import faults, loaded, place, written

from harness.plan.graph import make_plan, plan_at
from harness.suite.seeds import SeedLooks, first_seed, in_words, sizes

CI = "    seeds: 3\n    data: digits\n"


def declared(seeds: str) -> tuple[str, str]:
    """Replace the seeds of the ci scale."""
    return CI, CI.replace("3", seeds)


def test_looks_count_seeds_from_the_first(tmp_path: Path) -> None:
    """A plan holds all seeds; a look plans its own."""
    plan = make_plan(loaded(tmp_path, declared("{looks: [3, 5, 8], first: 100}")), "ci")
    assert list(plan.seeds) == list(range(100, 108))
    assert [list(plan_at(plan, look).seeds) for look in plan.looks()] == [
        list(range(100, last)) for last in (103, 105, 108)
    ]
    assert set(plan_at(plan, plan.looks()[0]).jobs) < set(plan.jobs)


def test_a_job_is_the_same_in_looks_and_in_fixed_seeds(tmp_path: Path) -> None:
    """Looks are not part of any key."""
    fixed = make_plan(loaded(tmp_path, declared("8")), "ci")
    assert list(make_plan(loaded(tmp_path, declared("{looks: [3, 5, 8]}")), "ci").jobs) == list(fixed.jobs)
    assert fixed.looks() == (None,)
    assert plan_at(fixed, None) is fixed


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ("{looks: [2, 5]}", "looks increase from 3 or more seeds to 50 or fewer, not [2, 5]"),
        ("{looks: [3, 5, 5]}", "looks increase from 3 or more seeds to 50 or fewer, not [3, 5, 5]"),
        ("{looks: [5, 60]}", "looks increase from 3 or more seeds to 50 or fewer, not [5, 60]"),
    ],
)
def test_looks_that_do_not_increase_are_refused(tmp_path: Path, seeds: str, said: str) -> None:
    """The fault stands at the key and states the rule."""
    path = written(tmp_path, declared(seeds))
    assert faults(path) == [f"{place(path.read_text(), f'seeds: {seeds}')}: scales.ci.seeds: {said}"]


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ("{looks: [3, 4, 5, 6, 7, 8, 9]}", "scales.ci.seeds.looks: should have at most 6, not 7"),
        ("{looks: []}", "scales.ci.seeds.looks: should have at least 1, not 0"),
        ("{look: [3, 5]}", "scales.ci.seeds.look: unknown key; did you mean 'looks'?"),
        ("{looks: [3, 5], first: -1}", "scales.ci.seeds.first: should be greater than or equal to 0, not -1"),
        ("{looks: [3, five]}", "scales.ci.seeds.looks.1: should be a whole number, not 'five'"),
        ("[3, 5]", "scales.ci.seeds: should be a whole number"),
    ],
)
def test_a_misspelt_declaration_is_one_fault(tmp_path: Path, seeds: str, said: str) -> None:
    """The fault uses the words of YAML."""
    (fault,) = faults(written(tmp_path, declared(seeds)))
    assert fault.split(": ", 1)[1] == said


def test_outcomes_of_earlier_seeds_are_of_claims_that_are_there(tmp_path: Path) -> None:
    """A misspelt claim is refused, because its outcome would be shown beside nothing."""
    before = "    earlier: [{seeds: 2, claims: {own_erors: INCONCLUSIVE}}]\n"
    (fault,) = faults(written(tmp_path, (CI, CI + before)))
    assert fault.split(": ", 1)[1].startswith("scales.ci.earlier.0.claims.own_erors: no claim 'own_erors'")


def test_both_forms_are_said_in_words() -> None:
    """Page and terminal use these words."""
    looks = SeedLooks(looks=[3, 5], first=7)
    assert (sizes(4), first_seed(4), in_words(4)) == ((4,), 0, "4")
    assert (sizes(looks), first_seed(looks), in_words(looks)) == ((3, 5), 7, "looks at 3, 5 from seed 7 on")
