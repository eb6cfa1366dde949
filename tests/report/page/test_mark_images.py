"""The marks of verdicts as images of a style sheet."""

from __future__ import annotations

from urllib.parse import unquote

from harness.report.page.mark_images import SHORT, with_marks
from harness.report.page.render import TEMPLATES
from harness.report.page.verdicts import ORDER, mark

SPRITE = (TEMPLATES / "marks.html").read_text("utf-8")


def test_every_outcome_has_a_short_class_with_a_shape() -> None:
    """And no two outcomes share a class."""
    assert set(SHORT) == {mark(outcome) for outcome in ORDER} | {"unknown"}
    assert len(set(SHORT.values())) == len(SHORT)
    rules = with_marks("", SPRITE)
    assert all(f".{code}" in rules for code in SHORT.values())


def test_classes_of_a_style_sheet_are_shortened_and_no_other_word() -> None:
    """A class that begins like a mark stays."""
    style = ".mixed, .not-run b { color: red } .mixed-up { content: 'mixed' }"
    assert with_marks(style, "") == ".mi, .nr b { color: red } .mixed-up { content: 'mixed' }"


def test_what_is_cut_from_a_mark_is_a_hole_in_its_image() -> None:
    """As the light tick on a dark disc."""
    image = unquote(with_marks("", SPRITE).partition(".ma")[2].partition("\n")[0])
    assert "<mask id='m'>" in image
    assert "stroke='#000'" in image
    assert "currentColor" not in image
