"""Two arms compared at every training error that all their runs reach."""

from __future__ import annotations

from harness.judge.threshold_sweep import at_thresholds, signs


def arm(*curves: list[float]) -> dict[str, list[list[float]]]:
    """Return training errors by seed, one per epoch."""
    return {str(seed): [[epoch, error] for epoch, error in enumerate(curve, 1)] for seed, curve in enumerate(curves)}


def test_known_epochs() -> None:
    """Epochs are interpolated, ratios come by seed, and the difference is the median."""
    (ten,) = (one for one in at_thresholds(arm([20.0, 15.0, 10.0]), arm([20.0, 10.0, 5.0])) if one.train_error == 10)
    assert (ten.ratios, ten.median_difference) == ((1.5,), 1.0)


def test_it_ends_at_the_lowest_that_every_run_reaches() -> None:
    """One run that stays above 20% ends the sweep there, however far the others go."""
    found = at_thresholds(arm([50, 30, 4], [50, 30, 22]), arm([60, 30, 4], [60, 30, 4]))
    assert [one.train_error for one in found] == [55.0, 50.0, 45.0, 40.0, 35.0, 30.0, 25.0]


def test_what_all_had_passed_by_their_first_epoch_tells_nothing() -> None:
    """No threshold above the first errors is shown."""
    assert at_thresholds(arm([30, 10]), arm([32, 10]))[0].train_error == 30.0
    assert at_thresholds(arm([4.0]), arm([4.0])) == ()


def test_signs_turn_where_the_arms_change_places() -> None:
    """The arm that is ahead first falls behind."""
    found = at_thresholds(arm([60, 40, 30, 24, 19, 14]), arm([90, 80, 60, 20, 10, 4]))
    told = dict(zip((one.train_error for one in found), signs(found), strict=True))
    assert (told[60.0], told[15.0]) == (-1, 1)
    assert at_thresholds({}, arm([1.0])) == ()


def test_a_run_without_an_epoch_reaches_nothing() -> None:
    """One that diverged in its first: no training error is reached by every run."""
    assert at_thresholds(arm([50, 30, 4], []), arm([60, 30, 4], [60, 30, 4])) == ()
