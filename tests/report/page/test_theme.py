"""Pictures are of the page: its colours, light and dark, the same bytes on any day and machine."""

import base64
import re

import matplotlib as mpl
import pytest
from drawn_pictures import svg, words

from harness.report.page import render, theme

STYLE = (render.TEMPLATES / "style.css").read_text("utf-8")
VARIABLES = {"grid": "hair"}
"""Where a shade has another name in the style sheet."""


def drawn(title: str = "A title", text: str = "some words") -> str:
    """A picture with a line in every shade and a text."""
    with theme.page_settings():
        figure = theme.blank_figure(2, 2)
        axes = figure.add_axes((0, 0, 1, 1))
        for place, shade in enumerate(theme.SHADES.values()):
            axes.plot([0, 1], [place, place], color=shade.placeholder)
        axes.text(0.123456, 0.5, text, color=theme.INK)
        return theme.svg_data_uri(figure, title, "what it shows")


@pytest.mark.parametrize("name", theme.SHADES)
def test_shades_are_those_of_the_style_sheet(name):
    """A colour changed in one place and not in the other would show beside the page's own."""
    light, dark = (re.findall(rf"--{VARIABLES.get(name, name)}: (#\w+);", STYLE)[k] for k in (0, 1))

    assert (theme.SHADES[name].light, theme.SHADES[name].dark) == (light, dark)


def test_no_placeholder_is_left():
    """What is drawn has the colour of a variable, and every variable has a light and a dark value."""
    whole = base64.b64decode(drawn().split(",")[1]).decode()

    assert not [shade for shade in theme.SHADES.values() if shade.placeholder in whole]
    used = set(re.findall(r"var\(--([\w-]+)\)", whole))
    light, dark = re.findall(r":root\{(.*?)\}", whole)
    assert used == set(theme.SHADES)
    assert used <= set(re.findall(r"--([\w-]+):#", light)) == set(re.findall(r"--([\w-]+):#", dark))


def test_same_drawing_same_bytes_whatever_the_reader_has_set():
    """A session's settings do not reach a picture, and are left as they were."""
    first = drawn()
    with mpl.rc_context({"lines.linewidth": 9, "svg.fonttype": "path", "font.size": 30}):
        assert first == drawn()
        assert mpl.rcParams["lines.linewidth"] == 9


def test_a_picture_names_no_day_and_no_program():
    """Neither a date nor matplotlib's own metadata."""
    whole = base64.b64decode(drawn().split(",")[1]).decode()

    assert whole.startswith("<svg ")
    assert not re.search(r"<metadata|matplotlib\.org|<dc:date", whole)


def test_a_picture_says_what_it_is():
    """A title and a description, for those who do not see it."""
    root = svg(drawn())

    assert root.attrib["role"] == "img"
    assert [child.text for child in list(root)[:2]] == ["A title", "what it shows"]


@pytest.mark.parametrize("hostile", ["</title><script>alert(1)</script>", "a & b", '="#010101"', "$x^2$", "0.123456"])
def test_words_stay_words(hostile):
    """Whatever a class or a title is called, it is neither markup, nor mathematics, nor rounded."""
    uri = drawn(hostile, hostile)
    root = svg(uri)

    assert root[0].text == hostile
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    shown = hostile.replace("#010101", "var(--ink)") if "#" in hostile else hostile
    assert shown in words(uri)


def test_a_lone_surrogate_is_written_all_the_same():
    """A folder's odd name does not stop a report."""
    assert drawn(b"\\ud800".decode("unicode_escape")).startswith("data:image/svg+xml;base64,")
