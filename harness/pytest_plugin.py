"""The pytest plugin: gives a marked test the results of a suite, and runs the suite first where needed.

    @pytest.mark.reproduction("table1", scale="ci")
    def test_reproduction(reproduction):
        assert reproduction.cell("cnn.top1").mean < 20

The plugin is loaded by every run of pytest where the package is installed, so it imports nothing but pytest until a
test uses it. It runs a suite in a separate process, because torch's threads, determinism and memory are settings of a
process.
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
"""The results of each suite and scale in this session, or the reason why there are none."""
_GIVEN = pytest.StashKey["Reproduction"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--harness-store`, the only option."""
    parser.getgroup("paper-harness").addoption(
        "--harness-store",
        metavar="DIR",
        default="runs",
        help="Folder of suites' results, reused by later runs; by default runs, below the root folder.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)
    config.stash[_RUN] = {}


@pytest.fixture
def reproduction(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    """The results of the suite named by the test's marker: its cells and claims by name.

    A suite runs once a session at each scale. Results in its store are reused unless the code or the data have changed
    since. Nothing is downloaded. The test fails when the suite cannot run or a job of it fails.
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
    """Add the cells and claims that a failed test looked at to its report."""
    report = yield
    given = item.stash.get(_GIVEN, None)
    if report.failed and report.when == "call" and given is not None:
        report.sections.append((f"reproduction of {given.results.suite}, {given.results.scale} scale", given.told()))
    return report


def _asked(node: pytest.Item) -> tuple[str, str]:
    """Return the suite and scale of a test's marker."""
    marker = node.get_closest_marker("reproduction")

    def read(suite: str, scale: str = "ci") -> tuple[str, str]:
        return str(suite), scale

    try:
        return read(*marker.args, **marker.kwargs) if marker else read()  # type: ignore[call-arg]
    except TypeError:
        pytest.fail('name the suite: @pytest.mark.reproduction("suites/table1.yaml", scale="ci")', pytrace=False)


def _run(config: pytest.Config, suite: str, scale: str, tmp_path_factory: pytest.TempPathFactory) -> Reproduction | str:
    """Run a suite; return its results, or the reason why there are none."""
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
