"""Takes the picture of a report that the README shows: `python docs/picture.py`, with Chromium and playwright.

The report is written anew from its published results, and its first screen is saved as docs/report.png.
"""  # noqa: INP001 - a script

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image

from harness.report.page.read import read_report
from harness.report.page.render import write_report

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "reports" / "published" / "ablations" / "small"
PICTURE = ROOT / "docs" / "report.png"
WIDTH, HEIGHT = 1280, 800
COLOURS = 128
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip


def screenshot(page: Path) -> bytes:
    """The first screen of a page in a light browser, as PNG; ends with a message where there is no Chromium."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a dependency of tests

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium on the PATH; Debian's package is chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        view = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        view.goto(page.as_uri())
        taken = view.screenshot()
        browser.close()
    return taken


def small(taken: bytes) -> Image.Image:
    """The picture in so few colours that it weighs little."""
    return Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


def main() -> None:
    """Write the report into a folder of its own, look at it, and save the picture."""
    with tempfile.TemporaryDirectory() as folder:
        write_report(*read_report(REPORT), Path(folder))
        small(screenshot(Path(folder) / "index.html")).save(PICTURE, optimize=True)
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
