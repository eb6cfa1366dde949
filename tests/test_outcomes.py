"""Every verdict has a mark, a meaning and a place in the order."""

from harness.report import outcomes


def test_counts_follow_the_legend():
    """What occurs is counted, in the legend's order, unknown words last."""
    verdicts = [{"outcome": name} for name in ("NEW", "CITED", "MATCH", "CITED")]

    assert outcomes.counted(verdicts) == [("MATCH", 1), ("CITED", 2), ("NEW", 1)]


def test_every_outcome_is_in_the_order_once():
    """Sorting by verdict knows every word of the legend."""
    assert sorted(set(outcomes.CELL_OUTCOMES) | set(outcomes.CLAIM_OUTCOMES)) == sorted(outcomes.ORDER)


def test_marks_are_class_names():
    """A mark is a word of a style sheet; no foreign word becomes one."""
    assert outcomes.mark("NOT COMPARABLE") == "not-comparable"
    assert outcomes.mark('"><script>') == "unknown"
    assert outcomes.mark(None) == "unknown"
