"""The schema of a result: every kind of job fits it, and each fault is named with its place."""

from __future__ import annotations

import math
from typing import Any

import pytest
from filled_store import folder_of
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.plan.graph import Plan
from harness.store.documents import seal
from harness.store.result import fault_of
from harness.store.soundness import result_of
from harness.store.store import Store, write_json

DIGEST = "0a" * 32
SEEN = {"name": "digits", "split": "val", "ids_sha256": DIGEST, "fingerprint": DIGEST, "official": True,
        "official_reason": "as it is", "count": 3, "whole": False}  # fmt: skip
SOUND: dict[str, Any] = {
    "key": DIGEST, "kind": "train", "code": "x", "inputs": {"pixels": {"pixels.npz": DIGEST}, "other": None},
    "outcome": "done", "values": {"train_loss": 1.5, "steps": 3}, "data": [SEEN], "marks": ["merged"],
    "outputs": {"weights.pt": DIGEST}, "cost": {"seconds": 1.5, "finished_at": "now", "telemetry": []},
    "beside": {"job.json": DIGEST}, "absent": {"top5_error": "five classes"}, "of a later version": [1],
}  # fmt: skip
IMPORT = {name: value for name, value in SOUND.items() if name not in ("code", "cost")} | {"imported": {"from": "x"}}


def test_what_jobs_write_fits(store: Store, plan: Plan) -> None:
    """Entries that a later version adds are ignored."""
    results = [store.folder(job.kind, key).read_result() for key, job in plan.jobs.items()]
    assert [fault_of(result or {}) for result in (*results, SOUND, IMPORT)] == [None] * (len(results) + 2)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"outcome": "exploded"}, "'outcome' should be done or diverged"),
        ({"cost": {"seconds": -1.0, "finished_at": ""}}, "'cost.seconds' should be at least 0"),
        ({"cost": {"seconds": True, "finished_at": ""}}, "'cost.seconds' should be a number"),
        ({"cost": {"seconds": 1.0}}, "'cost.finished_at' is missing"),
        ({"cost": None}, "'cost' should be a mapping"),
        ({"code": None}, "'code' should be one line of text"),
        ({"values": {"train_loss": math.nan}}, "'values.train_loss' should be a number"),
        ({"values": {"a\nb": 1.0}}, "'values.a\\nb' should be one line of text"),
        ({"outputs": {"../weights.pt": DIGEST}}, "'outputs.../weights.pt' should be the name of an output"),
        ({"outputs": {"weights.pt": "0a"}}, "'outputs.weights.pt' should be a sha256 in hexadecimal"),
        ({"inputs": {"pixels": {"pixels.npz": 1}}}, "'inputs.pixels.pixels.npz' should be a sha256 in hexadecimal"),
        ({"data": [SEEN, SEEN | {"count": True}]}, "'data.1.count' should be a whole number"),
        ({"data": [SEEN | {"whole": 1}]}, "'data.0.whole' should be true or false"),
        ({"marks": "stale"}, "'marks' should be a list"),
        ({"beside": {"log.txt": DIGEST}}, "'beside.log.txt' should be job.json or environment.json"),
        ({"imported": {"from": "x"}}, "'code' should be absent, because the net was trained elsewhere"),
        ({"imported": "x"}, "'imported' should be a mapping"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(changes: dict[str, Any], fault: str) -> None:
    """The first fault is named."""
    assert fault_of(SOUND | changes) == fault


@given(st.sampled_from(sorted(SOUND.keys() - {"beside", "absent", "of a later version"})))
def test_every_entry_is_needed(name: str) -> None:
    """Exceptions are entries that earlier versions did not write."""
    assert fault_of({key: value for key, value in SOUND.items() if key != name}) == f"{name!r} is missing"


@settings(max_examples=25)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_no_value_breaks_the_check(value: Any) -> None:
    """Any value in place of any entry is accepted or named as a fault."""
    assert all(isinstance(fault_of(SOUND | {name: value}), str | None) for name in SOUND)


@pytest.mark.parametrize("changes", [{"outcome": "exploded"}, {"cost": {"seconds": -1.0, "finished_at": ""}}])
def test_a_plan_and_a_verification_refuse_the_same(store: Store, plan: Plan, changes: dict[str, Any]) -> None:
    """A sealed result that does not fit is refused by both."""
    folder = folder_of(store, plan, "train")
    result = folder.read_result() or {}
    write_json(folder.result, seal(result | changes))
    with pytest.raises(HarnessError, match="is malformed"):
        folder.read_result_of(result["key"])
    with pytest.raises(HarnessError, match="is malformed"):
        result_of(folder)
