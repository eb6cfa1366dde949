"""The pytest plugin: a test marked with a suite gets what the suite came to, run beforehand where it has to be.

    @pytest.mark.reproduction("table1", scale="ci")
    def test_reproduction(reproduction):
        assert reproduction.cell("cnn.top1").mean < 20

It is loaded in every run of pytest where the package is installed, so it imports nothing but pytest until a test asks,
and runs a suite in a process of its own: torch's threads, determinism and memory are settings of a process.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.testing import Reproduction

MARKER = (
    "reproduction(suite, scale='ci'): the suite, a file or the name of a shipped one, whose results the fixture "
    "`reproduction` gives"
)
_INTERRUPTED = 128
_RUN = pytest.StashKey[dict[tuple[str, str], "Reproduction | str"]]()
"""What each suite came to in this session at each scale, or why it came to nothing."""
_GIVEN = pytest.StashKey["Reproduction"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--harness-store`, the only option."""
    parser.getgroup("paper-harness").addoption(
        "--harness-store",
        metavar="DIR",
        default="runs",
        help="Where suites leave their results and find those of earlier runs; runs below the root folder by default.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)
    config.stash[_RUN] = {}


@pytest.fixture
def reproduction(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    """What the suite of the test's marker came to: its cells and claims by name.

    A suite runs once a session at each scale; what its store holds already is not run again, unless the code or the
    data have changed since. Nothing is downloaded. The test fails when the suite cannot run, or a job of it does.
    """
    from harness.testing import Reproduction  # noqa: PLC0415 - only where a test asks

    suite, scale = _asked(request.node)
    known = request.config.stash[_RUN]
    if (suite, scale) not in known:
        known[suite, scale] = _run(request.config, suite, scale, tmp_path_factory)
    found = known[suite, scale]
    if isinstance(found, str):
        pytest.fail(f"{suite} at {scale} scale: {found}", pytrace=False)
    given = Reproduction(found.results, found.page)
    request.node.stash[_GIVEN] = given
    return given


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what the test looked at."""
    report = yield
    given = item.stash.get(_GIVEN, None)
    if report.failed and report.when == "call" and given is not None:
        report.sections.append((f"reproduction of {given.results.suite}, {given.results.scale} scale", given.told()))
    return report


def _asked(node: pytest.Item) -> tuple[str, str]:
    """The suite and scale of a test's marker."""
    marker = node.get_closest_marker("reproduction")

    def read(suite: str, scale: str = "ci") -> tuple[str, str]:
        return str(suite), scale

    try:
        return read(*marker.args, **marker.kwargs) if marker else read()  # type: ignore[call-arg]
    except TypeError:
        pytest.fail('name the suite: @pytest.mark.reproduction("suites/table1.yaml", scale="ci")', pytrace=False)


def _run(config: pytest.Config, suite: str, scale: str, tmp_path_factory: pytest.TempPathFactory) -> Reproduction | str:
    """What a suite came to, or why it came to nothing."""
    from harness.errors import HarnessError  # noqa: PLC0415
    from harness.testing import reproduce  # noqa: PLC0415

    named = Path(config.getoption("--harness-store"))
    try:
        store = config.rootpath / named.expanduser()
    except RuntimeError:
        return f"--harness-store {named}: this user has no home folder; set HOME, or name it in full"
    try:
        return reproduce(suite, scale, store, tmp_path_factory.mktemp("reproduction"), config.rootpath)
    except HarnessError as error:
        if error.exit_code > _INTERRUPTED:
            pytest.exit(str(error), returncode=error.exit_code)
        return str(error)
