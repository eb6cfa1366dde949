"""The figures of `docs/scaling.md` are what the program in it prints."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.nightly
def test_the_figures_are_what_the_program_beside_them_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    """All suites are read for it, which takes some seconds."""
    monkeypatch.chdir(ROOT)
    parts = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8").split("```")
    program, figures = parts[1].removeprefix("python\n"), parts[3].strip()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(program, {})  # the document's own program
    assert printed.getvalue().strip() == figures
