"""Every published suite page in a real browser: its first screen, narrow screens, the keyboard, and silence."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.report.answers import answered, flags_of
from harness.report.page.read import read_results
from harness.report.what_was_run import data_used

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.published, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")]

PUBLISHED = Path(__file__).parent.parent / "reports" / "published"
FOLDERS = sorted(path.parent for path in PUBLISHED.glob("*/*/results.json"))
IDS = [folder.parent.name for folder in FOLDERS]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
MOST_BYTES = 250_000
"""The weight of a page, pictures included."""
SEEN = """selector => [...document.querySelectorAll(selector)].filter(one => one.checkVisibility()).map(one => {
    const box = one.getBoundingClientRect();
    return [one.textContent.trim(), box.left, box.right, box.top + scrollY, box.bottom + scrollY];
})"""
"""Text and place of every visible element."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start one Chromium for all pages."""
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(params=FOLDERS, ids=IDS)
def folder(request: pytest.FixtureRequest) -> Path:
    """A published report."""
    found: Path = request.param
    return found


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Any]:
    """The page in a tab of 1280 by 800, with what it asked for and complained of."""
    with browser.new_context(viewport=WIDE) as context:
        tab = context.new_page()
        tab.asked, tab.complaints = [], []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.on("console", lambda message: tab.complaints.append(message.text))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.goto((folder / "index.html").as_uri())
        yield tab


def test_a_page_is_light_and_silent(opened: Any, folder: Path) -> None:
    """It asks for nothing but itself and pictures written into it, and the console stays empty with all opened."""
    opened.evaluate("for (const d of document.querySelectorAll('details')) d.open = true; scrollTo(0, 1e9)")
    assert [url for url in opened.asked if not url.startswith("data:")] == [(folder / "index.html").as_uri()]
    assert opened.complaints == []
    assert (folder / "index.html").stat().st_size < MOST_BYTES


def test_the_first_screen_holds_the_answer_the_data_and_every_flag(opened: Any, folder: Path) -> None:
    """A reader who does not scroll has the sentence, the data's names, and each flag that a verdict has."""
    results = read_results(folder)
    shown = opened.evaluate(SEEN, "header p, header h1, header .flag")
    above = " ".join(text for text, _, _, _, bottom in shown if bottom <= WIDE["height"])
    assert answered(results).sentence in above
    assert all(title in above for title in data_used(results))
    assert all(flag in above for one in (*results.cells, *results.claims) for flag in flags_of(one))


def test_a_narrow_screen_shows_every_verdict_without_scrolling_sideways(opened: Any) -> None:
    """At 390 pixels each verdict lies between the edges, wherever its table scrolls."""
    opened.set_viewport_size(NARROW)
    found = opened.evaluate(SEEN, ".verdict")
    assert opened.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    assert [text for text, left, right, *_ in found if left < 0 or right > NARROW["width"]] == []


def test_the_keyboard_reaches_the_first_verdict_in_four_tabs(opened: Any) -> None:
    """The link of the answer leads to its evidence; a page without verdicts has none to reach."""
    if opened.locator("main .verdict").count() == 0 or opened.locator(".answer a").count() == 0:
        pytest.skip("no claim leads this page")
    for _ in range(4):
        opened.keyboard.press("Tab")
        if opened.evaluate("document.activeElement.matches('.answer a')"):
            break
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.querySelector('article.claim:target .verdict').checkVisibility()")


def test_ways_lead_to_the_index_and_to_the_next_report(opened: Any, folder: Path) -> None:
    """Every link to another file leads to one that is there."""
    targets = opened.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    files = {target for target in targets if not target.startswith("#")}
    assert "../../index.html" in files
    assert {target for target in files if not (folder / target).is_file()} == set()


def test_a_claim_has_its_own_address(opened: Any, folder: Path) -> None:
    """Each claim's link leads to itself, so that it can be cited."""
    ids = [claim.id for claim in read_results(folder).claims]
    assert opened.locator("a.permanent").count() == len(ids)
    assert not [href for href in opened.evaluate("[...document.querySelectorAll('a.permanent')].map(a => a.hash)")
                if not re.match(r"#claim-", href)]  # fmt: skip
