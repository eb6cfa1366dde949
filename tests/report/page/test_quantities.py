"""Tables of numbers keep their order, their seeds and their reasons."""

from harness.report.page import quantities
from harness.report.results.run_records import InspectionRecord, MeasurementJob, MeasurementRecord, TrainingRecord

LABELS = [["zeta", "%", "the last letter"], ["alpha", "", "the first"]]


def result(values: dict[str, float], absent: dict[str, str] | None = None) -> quantities.Read:
    """One job's numbers."""
    return quantities.Read(values, absent or {})


def training(seed: int, inspections: dict[str, InspectionRecord]) -> TrainingRecord:
    """A training with what was read off its net."""
    return TrainingRecord(
        kind="train",
        seed=seed,
        key="k",
        outcome="done",
        reason="",
        weights_sha256=None,
        diverged_at=None,
        marks=[],
        values={},
        evaluations={},
        inspections=inspections,
    )


def test_rows_come_in_the_order_of_the_labels():
    """As the spec names them, unlabelled ones after them."""
    found = quantities.rows(LABELS, {"0": result({"new": 3.0, "alpha": 1.0, "zeta": 2.0})})

    assert [row.name for row in found] == ["zeta", "alpha", "new"]
    assert (found[0].unit, found[0].label, found[2].label) == ("%", "the last letter", "")


def test_seeds_are_numbers_and_have_a_mean():
    """Seed 10 after seed 9; the mean is of all of them."""
    found = quantities.rows(LABELS, {"10": result({"zeta": 4.0}), "9": result({"zeta": 2.0})})

    assert found[0].values == [("9", 2.0), ("10", 4.0)]
    assert found[0].mean == 3.0


def test_no_mean_over_survivors():
    """Where one seed has no number there is no mean, and its reason stands there."""
    (row, _) = quantities.rows(
        LABELS, {"0": result({"zeta": 4.0}), "1": result({}, {"zeta": "it diverged"}), "2": result({"zeta": 6.0})}
    )

    assert row.mean is None
    assert row.values == [("0", 4.0), ("2", 6.0)]
    assert row.why == "seed 1: it diverged"


def test_one_reason_of_all_seeds_is_said_once():
    """Five seeds of grey images need no list."""
    found = quantities.rows(LABELS, {str(seed): result({}, {"zeta": "grey"}) for seed in range(5)})

    assert found[0].why == "grey"


def test_what_is_not_drawn_has_no_seed():
    """One job that nothing random is in is one value."""
    job = MeasurementJob(kind="measure", seed=0, key="k", values={"zeta": 1.0}, reason="")
    (row, _) = quantities.of_measurement(MeasurementRecord(says="", spec={}, jobs=[job], quantities=LABELS))

    assert row.values == [(quantities.ONE_SEED, 1.0)]


def test_inspections_of_all_jobs_meet_by_name():
    """Each inspection is one table over the seeds; a job without any adds nothing."""
    read = [
        InspectionRecord(key="k", values={"zeta": float(n)}, absent={}, reason="", quantities=LABELS) for n in (0, 1)
    ]
    inspections = [{"near": read[0]}, {"near": read[1]}, {}]
    found = quantities.of_inspections(training(seed, of_seed) for seed, of_seed in enumerate(inspections))

    assert list(found) == ["near"]
    assert found["near"][0].values == [("0", 0.0), ("1", 1.0)]
