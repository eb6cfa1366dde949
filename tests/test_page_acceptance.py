"""Every published page and index, of the program and of its example, as the worst reader meets it.

It asks for nothing and complains of nothing; axe-core finds no fault in light and dark, on a desk and on a phone, and
every contrast that it leaves open is worked out; html-validate finds none in the markup; each verdict lies within the
screen; four tabs lead to the first verdict. axe-core and html-validate come from npm.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_judges import accessibility, installed, markup_faults

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.nightly, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")]

ROOT = Path(__file__).parent.parent
HOMES = [ROOT / "reports" / "published", ROOT / "examples" / "resnet" / "reports" / "published"]
INDEXES = [home / "index.html" for home in HOMES]
PAGES = [*INDEXES, *sorted(page for home in HOMES for page in home.glob("*/*/index.html"))]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
SCREENS = [(1280, 800), (390, 844)]
MOST_BYTES = {"index": 150_000, "report": 250_000}
OPEN_ALL = "for (const part of document.querySelectorAll('details')) part.open = true"
OUTSIDE = """[...document.querySelectorAll('.verdict, .level, .flag, .tiles b, .tiles em, dt b, dt em')]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const box = one.getBoundingClientRect();
    const table = one.closest('.scroll');
    const end = table === null ? innerWidth : Math.min(innerWidth, table.getBoundingClientRect().right + 1);
    return box.left < 0 || box.right > end;
  })
  .map((one) => one.outerHTML)"""
REACHED = """() => {
  const one = document.activeElement;
  const verdict = (node) => node !== null && node.querySelector('.verdict, b[class]') !== null;
  if (one.closest('.tiles li, [data-cell], article.claim, tr') !== null) return verdict(one.closest('li, article, tr'));
  const target = one.hash && one.hash.length > 1 ? document.querySelector(one.hash) : null;
  return verdict(target);
}"""
"""Whether what has the focus lies beside a verdict, or leads to one of this page."""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The judges from npm."""
    return installed(tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start one Chromium for all pages."""
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(ROOT).parent))
def page(request: pytest.FixtureRequest) -> Path:
    """A published page."""
    found: Path = request.param
    return found


@pytest.fixture
def opened(browser: Any, page: Path) -> Iterator[Any]:
    """The page in a tab, with what it asked for and complained of."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        tab = context.new_page()
        tab.asked, tab.complaints = [], []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.on("console", lambda message: tab.complaints.append(message.text))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.goto(page.as_uri())
        yield tab


def test_a_page_is_light_and_silent(opened: Any, page: Path) -> None:
    """With all opened, and scrolled to its end."""
    opened.evaluate(f"{OPEN_ALL}; scrollTo(0, 1e9)")
    assert [url for url in opened.asked if not url.startswith("data:")] == [page.as_uri()]
    assert opened.complaints == []
    assert page.stat().st_size < MOST_BYTES["index" if page in INDEXES else "report"]


def test_axe_finds_no_fault(opened: Any, modules: Path) -> None:
    """In light and dark, at both widths, with all opened; what it leaves open is settled by the contrast itself.

    Of its rules only that of colours sees the scheme, so that no other is asked in the dark.
    """
    opened.evaluate(OPEN_ALL)
    for width, height in SCREENS:
        opened.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            opened.emulate_media(color_scheme=scheme)
            found = accessibility(opened, modules, colours_alone=scheme == "dark")
            assert found == ([], []), (width, scheme)


def test_no_verdict_needs_scrolling_sideways(opened: Any) -> None:
    """On a phone and on a desk, with all opened: neither of the page nor of a table."""
    opened.evaluate(OPEN_ALL)
    for width, height in SCREENS:
        opened.set_viewport_size({"width": width, "height": height})
        assert opened.evaluate("document.documentElement.scrollWidth") == width
        assert opened.evaluate(OUTSIDE) == [], width


def test_four_tabs_reach_the_first_verdict(opened: Any) -> None:
    """Or a link to it, on a page that has one."""
    if opened.locator(".verdict, .tiles b").count() == 0:
        pytest.skip("the page has no verdict")
    for _ in range(4):
        opened.keyboard.press("Tab")
        if opened.evaluate(REACHED):
            return
    pytest.fail(f"the focus is on {opened.evaluate('document.activeElement.outerHTML')}")


def test_the_markup_of_all_pages_is_valid(modules: Path, tmp_path: Path) -> None:
    """By html-validate's recommended rules; a page with a fault is known as one."""
    bad = tmp_path / "bad.html"
    bad.write_text('<!DOCTYPE html><html lang="en"><head><title>x</title></head><body><p><p></body></html>', "utf-8")
    faults = markup_faults([*PAGES, bad], modules, tmp_path)
    assert {fault.partition(":")[0] for fault in faults} == {str(bad)}
