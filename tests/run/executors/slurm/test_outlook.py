"""What becomes of a task: every rule, without a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from harness.run.executors.slurm.outlook import MAY_RETURN, NEVER, RUNNING, WAITING, Outlook, Seen, outlook
from harness.run.executors.slurm.queue import State
from harness.run.executors.slurm.settings import Settings
from harness.run.executors.slurm.submissions import Word

SETTINGS = Settings(grace_s=60, start_within_s=600, returns_within_s=180, accepted_within_s=120, tries=3)
SEEN = Seen(None, has_number=True, word=None, age_s=1e4, running_s=0, over_s=1e4, got_further=False, tries=1)
ENDS = ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "OUT_OF_MEMORY", "DEADLINE", "REVOKED", "")


def decided(state: str | None, reason: str = "", nodes: str = "n1", **seen: Any) -> Outlook:
    """Decide about a task in a state; an empty state is one that the queue does not show."""
    there = None if not state else State(state, reason, nodes)
    return outlook(replace(SEEN, state=there, **seen), SETTINGS)


def word(says: Any, why: str = "") -> Word:
    """A task's last word."""
    return Word(says, why)


@pytest.mark.parametrize("state", sorted(WAITING))
def test_what_waits_is_waited_for(state: str) -> None:
    """However long."""
    assert decided(state, "Priority").then == "waits"


@pytest.mark.parametrize("reason", sorted(NEVER))
def test_what_never_starts_is_said_and_ended(reason: str) -> None:
    """It would wait for ever."""
    found = decided("PENDING", reason.replace("launch_failed_requeued_held", "launch failed requeued held"))
    assert (found.then, found.ends) == ("failed", True)


@pytest.mark.parametrize("state", sorted(RUNNING))
def test_what_runs_is_left_alone(state: str) -> None:
    """Where it has begun, or may still begin."""
    assert decided(state, running_s=599).then == "runs"
    assert decided(state, running_s=1e5, word=word("began")).then == "runs"


def test_a_node_that_does_not_start_a_job_is_avoided() -> None:
    """The job is ended there and submitted again, three times at most."""
    assert decided("RUNNING", running_s=600) == Outlook(
        "again", "node n1 has not started it within 10 min", ends=True, avoids="n1"
    )
    assert decided("RUNNING", running_s=600, tries=3).then == "failed"


@pytest.mark.parametrize("state", sorted(MAY_RETURN))
def test_preemption_and_a_lost_node_are_no_failure(state: str) -> None:
    """Slurm may start the job again under its number; if it does not, it is submitted again."""
    assert decided(state, over_s=179).then == "waits"
    assert decided(state, over_s=179, word=word("stopped")).then == "waits"
    assert decided(state, over_s=180).then == "again"


def test_nothing_is_missing_within_the_grace() -> None:
    """Another view of the folder may be older."""
    for state in ("COMPLETED", "FAILED", "TIMEOUT", "OUT_OF_MEMORY", ""):
        assert decided(state, over_s=59).then == "waits"
        assert decided(state, over_s=59, word=word("done")).then == "waits"
        assert decided(state, over_s=60).then != "waits"


@pytest.mark.parametrize("state", ENDS)
def test_what_the_job_says_of_its_failure_counts(state: str) -> None:
    """At once, whatever Slurm calls its end."""
    assert decided(state, word=word("failed", "no space"), over_s=0) == Outlook("failed", "no space")


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED", "TIMEOUT", ""])
def test_a_job_that_saved_goes_on(state: str) -> None:
    """Without a wait."""
    assert decided(state, word=word("stopped", "stopped by SIGUSR1"), over_s=0).then == "again"


def test_a_walltime_is_no_success_and_ends_after_so_many_tries() -> None:
    """Unless the job gets further each time."""
    assert decided("TIMEOUT", word=word("began")).then == "again"
    found = decided("TIMEOUT", word=word("began"), tries=3)
    assert (found.then, "walltime_min" in found.why) == ("failed", True)
    assert decided("TIMEOUT", word=word("began"), tries=99, got_further=True).then == "again"


def test_a_kill_without_a_word_is_tried_again() -> None:
    """Whether Slurm tells of it or has forgotten it."""
    for state in ("FAILED", "COMPLETED", ""):
        assert decided(state, word=word("began")).then == "again"
    assert decided("").then == "again"
    assert "the queue has forgotten it" in decided("").why


def test_a_job_that_never_began_is_not_tried_again() -> None:
    """Its log could not be opened, or its setup failed."""
    assert decided("FAILED") == Outlook("failed", "it ended in Slurm as FAILED without having begun")


def test_other_ends() -> None:
    """Each with its remedy."""
    assert "memory_gb" in decided("OUT_OF_MEMORY").why
    assert "cancelled" in decided("CANCELLED", over_s=0).why
    assert "not visible" in decided("COMPLETED", word=word("done")).why


def test_a_lost_answer_is_waited_for_by_name() -> None:
    """Then the submission was not accepted, which is no try."""
    assert decided(None, has_number=False, age_s=119).then == "waits"
    assert decided(None, has_number=False, age_s=120, tries=99).then == "again"


states = some.one_of(some.none(), some.sampled_from([*WAITING, *RUNNING, *MAY_RETURN, *filter(None, ENDS)]).map(State))
words = some.one_of(some.none(), some.sampled_from(["began", "done", "stopped", "failed"]).map(word))
seconds = some.floats(0, 1e6)


seens = some.builds(
    Seen, states, some.booleans(), words, seconds, seconds, seconds, some.booleans(), some.integers(1, 99)
)


@given(seens)
def test_it_never_submits_again_what_slurm_still_has(seen: Seen) -> None:
    """Unless it ends it first; and what is over is decided in the end."""
    found = outlook(seen, SETTINGS)
    if seen.state is not None and seen.state.name in WAITING | RUNNING:
        assert found.then in ("waits", "runs") or found.ends
    elif min(seen.over_s, seen.age_s) >= 180:
        assert found.then in ("again", "failed")
