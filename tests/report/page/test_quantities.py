"""Tables of numbers keep their order, their seeds and their reasons."""

from harness.report.page import quantities

LABELS = [("zeta", "%", "the last letter"), ("alpha", "", "the first")]


def result(values: dict[str, float], absent: dict[str, str] | None = None) -> dict[str, dict]:
    """One job's numbers."""
    return {"values": values, "absent": absent or {}}


def test_rows_come_in_the_order_of_the_labels():
    """As the spec names them, unlabelled ones after them."""
    found = quantities.rows(LABELS, {"0": result({"new": 3.0, "alpha": 1.0, "zeta": 2.0})})

    assert [row["name"] for row in found] == ["zeta", "alpha", "new"]
    assert (found[0]["unit"], found[0]["label"], found[2]["label"]) == ("%", "the last letter", "")


def test_seeds_are_numbers_and_have_a_mean():
    """Seed 10 after seed 9; the mean is of all of them."""
    found = quantities.rows(LABELS, {"10": result({"zeta": 4.0}), "9": result({"zeta": 2.0})})

    assert found[0]["values"] == [("9", 2.0), ("10", 4.0)]
    assert found[0]["mean"] == 3.0


def test_no_mean_over_survivors():
    """Where one seed has no number there is no mean, and its reason stands there."""
    (row, _) = quantities.rows(
        LABELS, {"0": result({"zeta": 4.0}), "1": result({}, {"zeta": "it diverged"}), "2": result({"zeta": 6.0})}
    )

    assert row["mean"] is None
    assert row["values"] == [("0", 4.0), ("2", 6.0)]
    assert row["why"] == "seed 1: it diverged"


def test_one_reason_of_all_seeds_is_said_once():
    """Five seeds of grey images need no list."""
    found = quantities.rows(LABELS, {str(seed): result({}, {"zeta": "grey"}) for seed in range(5)})

    assert found[0]["why"] == "grey"


def test_what_is_not_drawn_has_no_seed():
    """One job that nothing random is in is one value."""
    job = {"seed": 0, "values": {"zeta": 1.0}, "absent": {}}
    (row, _) = quantities.of_measurement({"jobs": [job], "quantities": LABELS})

    assert row["values"] == [(quantities.ONE_SEED, 1.0)]


def test_inspections_of_all_jobs_meet_by_name():
    """Each inspection is one table over the seeds; a job without any adds nothing."""
    jobs = [
        {"seed": seed, "inspections": {"near": {**result({"zeta": float(seed)}), "quantities": LABELS}}}
        for seed in range(2)
    ]
    found = quantities.of_inspections([*jobs, {"seed": 2, "inspections": None}])

    assert list(found) == ["near"]
    assert found["near"][0]["values"] == [("0", 0.0), ("1", 1.0)]
