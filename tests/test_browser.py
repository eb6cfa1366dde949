"""The page in a real browser: no request, no complaint, sorting, narrow screens, no script, dark and print."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from result_documents import typed
from two_runs import moved

from harness.report.compare.document import compare
from harness.report.compare.page import render
from harness.report.page.render import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")

SAMPLES = Path(__file__).parent / "samples"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ["small", "paper"]
QUICK = [pytest.param("small", marks=pytest.mark.nightly), "paper"]
"""Samples of which the quick run opens the larger."""


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    """Start one Chromium for all tests."""
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> dict[str, Path]:
    """Write the samples as report folders, and a comparison of two runs; return the page of each by name."""
    folders = {name: tmp_path_factory.mktemp(name) for name in NAMES}
    for name, folder in folders.items():
        results, curves = (
            json.loads((SAMPLES / f"{name}_{kind}.json").read_text("utf-8")) for kind in ("results", "curves")
        )
        write_report(typed(results), curves, folder)
    compared = tmp_path_factory.mktemp("compared") / "compared.html"
    compared.write_text(render(compare(*map(typed, moved()))), encoding="utf-8")
    return {name: folder / "index.html" for name, folder in folders.items()} | {"compared": compared}


@pytest.fixture
def opened(browser, reports):
    """Return a function that opens a report in a fresh context and records its requests and complaints."""
    contexts = []

    def open_report(name: str, **context):
        contexts.append(browser.new_context(**context))
        tab = contexts[-1].new_page()
        tab.asked, tab.complaints = [], []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.on("console", lambda message: tab.complaints.append(message.text))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.goto(reports[name].as_uri())
        return tab

    yield open_report
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", [*QUICK, "compared"])
def test_page_asks_for_itself_only_and_complains_of_nothing(opened, reports, name):
    """The page makes one request and gives no console message, not even of its content policy, and no error."""
    tab = opened(name)
    tab.evaluate("for (const d of document.querySelectorAll('details')) d.open = true; scrollTo(0, 1e9)")
    tab.wait_for_load_state("networkidle")

    assert tab.asked == [reports[name].as_uri()] + [url for url in tab.asked[1:] if url.startswith("data:")]
    assert tab.complaints == []


@pytest.mark.parametrize("name", QUICK)
def test_every_cell_and_claim_is_on_the_page(opened, name):
    """Every cell and claim has a visible row with its id."""
    results = json.loads((SAMPLES / f"{name}_results.json").read_text("utf-8"))
    tab = opened(name)

    for kind in ("cell", "claim"):
        for record in results[f"{kind}s"]:
            assert tab.locator(f'[data-{kind}="{record["id"]}"]').is_visible()


def test_columns_sort_up_and_down_with_absent_values_last(opened):
    """A click sorts, a second one reverses, `aria-sort` tells the order, and dashes stay at the end."""
    tab = opened("paper")
    header = tab.locator("table.ledger thead th").nth(2)
    column = "[...document.querySelectorAll('table.ledger tbody tr')].map(row => row.cells[2].dataset.value)"

    for state, reverse in (("ascending", False), ("descending", True)):
        header.locator("button").click()
        shown = tab.evaluate(column)
        values = [float(value) for value in shown if value]
        assert header.get_attribute("aria-sort") == state
        assert sorted(values, reverse=reverse) == values
        assert [""] * (len(shown) - len(values)) == shown[len(values) :]

    tab.locator("table.ledger thead th").nth(0).locator("button").press("Enter")
    assert tab.locator("table.ledger [aria-sort]").count() == 1


@pytest.mark.parametrize("width", [400, pytest.param(1200, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", [*QUICK, "compared"])
def test_page_never_scrolls_sideways(opened, name, width):
    """Wide tables scroll in their own box, also with every detail open."""
    tab = opened(name, viewport={"width": width, "height": 800})
    tab.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")

    assert tab.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", [*QUICK, "compared"])
def test_everything_is_readable_without_script(opened, name):
    """Without script the page has the same words; only buttons added by script are missing."""
    with_script, without = opened(name), opened(name, java_script_enabled=False)
    words = [tab.locator("main").text_content() for tab in (with_script, without)]

    assert words[0].replace("Copy", "") == words[1].replace("Copy", "")
    assert without.locator("main button").count() == 0
    assert name == "compared" or without.locator("summary").first.is_visible()


def test_link_to_a_specification_opens_it(opened):
    """A cell's link opens the closed detail that it leads to."""
    tab = opened("paper")
    tab.locator('[data-cell="cnn1.top1_val"] a', has_text="spec").click()
    tab.wait_for_function("document.getElementById('experiment-cnn').open")

    assert tab.locator("#experiment-cnn table").is_visible()


def test_dark_scheme_turns_page_and_charts(opened):
    """Background, text and the lines of both kinds of chart follow the reader's scheme."""
    probe = """() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.body).color,
        getComputedStyle(document.querySelector('.curve .stroke-series')).stroke,
        getComputedStyle(document.querySelector('.forest .fp-printed')).stroke,
    ]"""
    light, dark = (opened("paper", color_scheme=scheme).evaluate(probe) for scheme in ("light", "dark"))

    assert not set(light) & set(dark)


@pytest.mark.parametrize(("scheme", "media"), [("light", "screen"), ("dark", "screen"), ("dark", "print")])
def test_pictures_follow_the_scheme(opened, scheme, media):
    """A picture has the ink of the page around it: dark on light, light on dark, dark on paper."""
    tab = opened("small", color_scheme=scheme)
    tab.emulate_media(media=media, color_scheme=scheme)
    shot = Image.open(io.BytesIO(tab.locator(".drawn img").first.screenshot())).convert("L")

    extremes = shot.getextrema()
    ground = shot.getpixel((1, 1))
    assert ground == pytest.approx(extremes[scheme == "light" or media == "print"], abs=6)


def test_print_is_light_and_folded(opened):
    """On paper the dark scheme is off, the navigation is gone, and what is closed stays folded."""
    tab = opened("small", color_scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")

    assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(28, 27, 25)"
    assert not tab.locator("nav").is_visible()
    assert tab.locator("article.claim").first.is_visible()
    assert not tab.locator("pre.yaml").is_visible()


def test_keyboard_reaches_the_results_first(opened):
    """The first stop is a link past the header, visible when reached."""
    tab = opened("small")
    tab.keyboard.press("Tab")

    assert tab.evaluate("document.activeElement.className") == "skip"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().top >= 0")


def test_command_is_selected_and_copied_by_its_button(opened):
    """The button reports what it did, and the command is selected for the keyboard."""
    tab = opened("small")
    tab.locator("button.copy").click()
    tab.wait_for_function("document.querySelector('button.copy').textContent !== 'Copy'")

    assert tab.evaluate("getSelection().toString()").endswith("python -m harness run suites/table1.yaml --scale small")


WORDS = ("outcome", "how", "direction", "scale")
"""Fields that hold words of the format."""


def test_hostile_results_run_nothing(browser, tmp_path):
    """A script, a handler and an address in every text of the results stay text."""
    results = json.loads((SAMPLES / "small_results.json").read_text("utf-8"))
    payload = '"><img src=//evil.example/x onerror="window.ran=1"><script>window.ran=1</script><a href="javascript:1">'
    for record in (results, *(one for kind in ("cells", "claims", "deviations", "figures") for one in results[kind])):
        record.update({key: payload for key, value in record.items() if isinstance(value, str) and key not in WORDS})
    write_report(typed(results), {}, tmp_path)
    with browser.new_context() as context:
        tab = context.new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto((tmp_path / "index.html").as_uri())

        assert asked == [(tmp_path / "index.html").as_uri()]
        assert tab.evaluate("window.ran") is None
        assert tab.locator("img, a[href^=javascript]").count() == 0
