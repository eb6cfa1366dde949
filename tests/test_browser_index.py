"""The index in a real browser: no request, verdicts within a phone's width, the keyboard, the filter, no script."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH"), pytest.mark.published]

INDEX = Path(__file__).parent.parent / "reports" / "published" / "index.html"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def opened() -> Iterator[Callable[..., Any]]:
    """Return a function that opens the index in a fresh context and records its requests and complaints."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        def open_index(**context: Any) -> Any:
            tab = browser.new_context(**context).new_page()
            tab.asked, tab.complaints = [], []
            tab.on("request", lambda request: tab.asked.append(request.url))
            tab.on("console", lambda message: tab.complaints.append(message.text))
            tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
            tab.goto(INDEX.as_uri())
            return tab

        yield open_index
        browser.close()


OPEN_ALL = "for (const part of document.querySelectorAll('details')) part.open = true"
COLOUR_AND_IMAGE = """(code) => {
  const style = getComputedStyle(document.querySelector(`.${code} i`));
  return [style.backgroundColor, style.maskImage];
}"""
OUTSIDE = """[...document.querySelectorAll('b, em')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width === 0 || box.left < 0 || box.right > innerWidth;
}).map((one) => one.outerHTML)"""


def test_the_index_asks_for_nothing_and_complains_of_nothing(opened: Callable[..., Any]) -> None:
    """Not even of its content policy: every shape is drawn from the page itself."""
    tab = opened()
    tab.evaluate(OPEN_ALL)
    tab.wait_for_load_state("networkidle")
    assert [url for url in tab.asked if not url.startswith("data:")] == [INDEX.as_uri()]
    assert tab.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
def test_every_verdict_is_within_the_width_of_the_screen(opened: Callable[..., Any], width: int) -> None:
    """With every part of the ledger open, and without scrolling sideways."""
    tab = opened(viewport={"width": width, "height": 844})
    tab.evaluate(OPEN_ALL)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert tab.evaluate(OUTSIDE) == []


def test_the_first_screen_says_what_is_reproduced_of_each_paper(opened: Callable[..., Any]) -> None:
    """And shows the first tiles."""
    tab = opened(viewport={"width": 1280, "height": 800})
    for selector in (".papers strong", ".tiles h4"):
        assert tab.locator(selector).first.bounding_box()["y"] < 800
    last = tab.locator(".papers article").last.bounding_box()
    assert last["y"] + last["height"] < 800


def test_the_keyboard_reaches_the_first_verdict_in_four_tabs(opened: Callable[..., Any]) -> None:
    """The link of the first tile, beside its verdicts."""
    tab = opened()
    for _ in range(4):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('.tiles li').querySelector('b').textContent.length > 0")


def test_the_filter_shows_the_rows_that_fit_and_opens_their_part(opened: Callable[..., Any]) -> None:
    """By a flag and a verdict at once; nothing chosen shows everything again, closed."""
    tab = opened()
    assert tab.locator("details.ledger[open]").count() == 0
    tab.select_option("[name=flag]", "EXTENDED")
    tab.select_option("[name=verdict]", "CONFIRMED")
    shown = tab.locator("details.ledger dt:visible")
    assert shown.count() > 0
    for text in shown.all_text_contents():
        assert "EXTENDED" in text
        assert text.startswith("CONFIRMED")
    assert tab.locator("output").text_content().startswith(f"{shown.count()} of ")
    tab.select_option("[name=flag]", "")
    tab.select_option("[name=verdict]", "")
    assert tab.locator("details.ledger[open]").count() == 0
    assert tab.locator("details.ledger dt[hidden]").count() == 0


def test_each_name_of_the_ledger_leads_to_its_verdict(opened: Callable[..., Any]) -> None:
    """On the page of its report, which has an element of that id."""
    tab = opened()
    links = tab.evaluate("[...document.querySelectorAll('details.ledger dd a')].map((one) => one.getAttribute('href'))")
    assert None not in links
    pages: dict[str, str] = {}
    for link in links:
        page, _, name = link.partition("#")
        text = pages.setdefault(page, (INDEX.parent / page).read_text("utf-8"))
        assert not name or f'id="{name}"' in text, link


def test_everything_is_there_without_script(opened: Callable[..., Any]) -> None:
    """The same verdicts; the filter alone is missing, and names lead to the report by the link before them."""
    with_script, without = opened(), opened(java_script_enabled=False)
    for selector in ("dt", "dd", ".tiles li"):
        assert with_script.locator(selector).all_text_contents() == without.locator(selector).all_text_contents()
    assert without.locator("form").count() == 0
    without.locator("details.ledger summary").first.click()
    assert without.locator("details.ledger dt").first.is_visible()


def test_shapes_are_drawn_in_the_colour_of_their_verdict(opened: Callable[..., Any]) -> None:
    """In light and dark, each by its own image."""
    light, dark = (opened(color_scheme=scheme) for scheme in ("light", "dark"))
    colours = {tab.evaluate(COLOUR_AND_IMAGE, code)[0] for tab in (light, dark) for code in ("cf", "ct")}
    images = {light.evaluate(COLOUR_AND_IMAGE, code)[1] for code in ("cf", "ct", "in", "nc")}
    assert len(colours) == 4
    assert len(images) == 4
    assert all(image.startswith('url("data:image/svg+xml') for image in images)


def test_print_has_two_to_six_pages(opened: Callable[..., Any], tmp_path: Path) -> None:
    """The ledger stays folded."""
    tab = opened()
    tab.pdf(path=tmp_path / "index.pdf", format="A4", prefer_css_page_size=True)
    pages = (tmp_path / "index.pdf").read_bytes().count(b"/Type /Page\n")
    assert 2 <= pages <= 6
