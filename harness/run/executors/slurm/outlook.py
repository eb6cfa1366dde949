"""Decides what has become of a task, from what Slurm shows and what the task said; pure, and told the time.

A result is looked for before: only where none is visible is anything to decide. States are those of squeue's manual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.progress import duration
from harness.run.executors.slurm.queue import State
from harness.run.executors.slurm.settings import Settings
from harness.run.executors.slurm.submissions import Word

WAITING = frozenset(
    {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT", "SUSPENDED",
     "STOPPED"}
)  # fmt: skip
RUNNING = frozenset({"RUNNING", "COMPLETING", "RESIZING", "SIGNALING", "STAGE_OUT"})
MAY_RETURN = frozenset({"PREEMPTED", "NODE_FAIL", "BOOT_FAIL"})
"""States that end a job unless Slurm starts it again under the same number some seconds later."""
NEVER = {
    "DependencyNeverSatisfied": "it depends on a job that will never end well",
    "BadConstraints": "no node is as it was asked for",
    "PartitionConfig": "the partition does not allow what was asked for",
    "PartitionTimeLimit": "the partition does not allow its walltime",
    "PartitionNodeLimit": "the partition does not allow its number of nodes",
    "AccountNotAllowed": "the partition does not allow this account",
    "InvalidAccount": "there is no such account",
    "InvalidQOS": "there is no such QoS",
    "QOSNotAllowed": "the QoS may not be used here",
    "JobHoldMaxRequeue": "Slurm has started it again too often and holds it",
    "launch_failed_requeued_held": "a node could not start it, and Slurm holds it",
}
"""Reasons with which a waiting job never starts, whatever else ends."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of a task without a visible result."""

    state: State | None
    """None where the queue does not show it."""
    has_number: bool
    """Whether Slurm's number of its array is known, so that it was accepted."""
    word: Word | None
    age_s: float
    """Seconds since it was written down."""
    running_s: float
    """Seconds for which it was seen running."""
    over_s: float
    """Seconds for which it was seen to be over, or was not seen."""
    got_further: bool
    """Whether its checkpoint is another than when it was submitted."""
    tries: int
    """Submissions that got no further, this one included if it does not."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What follows: wait for it, count it as failed, or submit it again; and whether to end it in Slurm first."""

    then: Literal["waits", "runs", "failed", "again"]
    why: str = ""
    ends: bool = False
    avoids: str = ""
    """A node that did not start it."""


def outlook(seen: Seen, settings: Settings) -> Outlook:
    """Decide about a task."""
    state = seen.state
    if state is not None and state.name in WAITING:
        return _waiting(state)
    if state is not None and state.name in RUNNING:
        return _running(state, seen, settings)
    if state is None and not seen.has_number:
        return _unanswered(seen, settings)
    return _over(state.name if state else "", seen, settings)


def _waiting(state: State) -> Outlook:
    why = NEVER.get(state.reason.replace(" ", "_"))
    if why is not None:
        return Outlook("failed", f"it would never start: {why} ({state.reason})", ends=True)
    return Outlook("waits", state.reason)


def _running(state: State, seen: Seen, settings: Settings) -> Outlook:
    if seen.word is not None or seen.running_s < settings.start_within_s:
        return Outlook("runs")
    why = f"node {state.nodes} has not started it within {duration(settings.start_within_s)}"
    return _again(why, seen, settings, ends=True, avoids=state.nodes)


def _unanswered(seen: Seen, settings: Settings) -> Outlook:
    if seen.age_s < settings.accepted_within_s:
        return Outlook("waits", "Slurm has not answered whether it was accepted")
    return Outlook("again", "it was never accepted")


def _over(state: str, seen: Seen, settings: Settings) -> Outlook:
    said = seen.word.says if seen.word else ""
    if said == "failed" and seen.word:
        return Outlook("failed", seen.word.why)
    if state in MAY_RETURN:
        if seen.over_s < settings.returns_within_s:
            return Outlook("waits", f"{state}, and may be started again")
        return _again(f"{state}, and was not started again", seen, settings)
    if state == "CANCELLED":
        return Outlook("failed", "it was cancelled in Slurm; the same command submits it again")
    if said == "stopped" and seen.word:
        return _again(seen.word.why, seen, settings)
    return _silent(state, said, seen, settings)


def _silent(state: str, said: str, seen: Seen, settings: Settings) -> Outlook:
    """Decide about a task that is over and has left no word about its end."""
    if seen.over_s < settings.grace_s:
        return Outlook("waits", "its end is not visible here yet")
    if state == "OUT_OF_MEMORY":
        return Outlook("failed", "out of memory on its node; ask for more with --slurm memory_gb=N")
    if said == "done":
        waited = duration(settings.grace_s)
        return _again(f"it said that it is done, but its result was not visible here after {waited}", seen, settings)
    if state in ("TIMEOUT", "DEADLINE"):
        return _again("it was killed at its walltime", seen, settings, more="ask for more with --slurm walltime_min=N")
    if not said and state in ("FAILED", "COMPLETED"):
        return Outlook("failed", f"it ended in Slurm as {state} without having begun")
    return _again(f"its process ended without a word ({state or 'the queue has forgotten it'})", seen, settings)


def _again(
    why: str, seen: Seen, settings: Settings, *, ends: bool = False, avoids: str = "", more: str = ""
) -> Outlook:
    """Submit again, unless it has got no further too often."""
    if seen.got_further or seen.tries < settings.tries:
        return Outlook("again", why, ends, avoids)
    times = f"{seen.tries} times without getting further" if seen.tries > 1 else "without getting further"
    return Outlook("failed", f"{why}, {times}" + (f"; {more}" if more else ""), ends)
