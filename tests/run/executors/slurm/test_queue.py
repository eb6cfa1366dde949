"""Squeue's answer, read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from harness.run.executors.slurm.queue import State, indices_of, read

ANSWER = """\
12|4-6,9%2|PENDING||paper-harness-a|JobArrayTaskLimit
12|0|RUNNING|n1|paper-harness-a|None
12|1|COMPLETED|n2|paper-harness-a|None
13|N/A|PENDING||paper-harness-b|Dependency|Never
14|0|RUNNING|n1|somebody-else|None
slurm_load_jobs: a warning
"""


def test_every_task_has_its_state() -> None:
    """Those that wait share one line."""
    found = read(ANSWER, "paper-harness-")
    assert found.ids == {"paper-harness-a": "12", "paper-harness-b": "13"}
    assert found.of("paper-harness-a", 0) == State("RUNNING", "", "n1")
    assert found.of("paper-harness-a", 9) == State("PENDING", "JobArrayTaskLimit", "")
    assert sorted(found.tasks["paper-harness-a"]) == [0, 1, 4, 5, 6, 9]
    assert found.of("paper-harness-b", 0) == State("PENDING", "Dependency|Never", "")
    assert found.of("paper-harness-a", 2) is None
    assert found.of("somebody-else", 0) is None


@given(some.sets(some.integers(0, 3000), min_size=1))
def test_any_set_of_indices_is_read_back(indices: set[int]) -> None:
    """As ranges and single numbers, with a throttle behind them."""
    parts, left = [], sorted(indices)
    while left:
        end = 1
        while end < len(left) and left[end] == left[0] + end:
            end += 1
        parts.append(str(left[0]) if end == 1 else f"{left[0]}-{left[end - 1]}")
        left = left[end:]
    assert set(indices_of(f"{','.join(parts)}%7")) == indices


@settings(max_examples=30)
@given(some.text())
def test_no_answer_is_too_strange_to_read(text: str) -> None:
    """What is no line of a job counts as none."""
    read(text)
