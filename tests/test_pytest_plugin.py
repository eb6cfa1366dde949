"""The pytest plugin in separate runs of pytest: what a marked test gets, and that other tests notice nothing."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from finished_worlds import SHORT
from programs import program
from tiny_suites import World, tiny_suite

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
TINY = """
import pytest

@pytest.mark.reproduction("tiny.yaml")
def test_it(reproduction):
    {line}
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Create a project with a tiny suite, in which warnings are errors and markers strict."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    pytester.makeini("[pytest]\naddopts = --strict-markers -p harness.pytest_plugin\nfilterwarnings = error\n")
    tiny_suite(pytester.path, **SHORT)
    return pytester


@pytest.fixture
def kept(finished: Callable[..., World], project: pytest.Pytester) -> tuple[str, str]:
    """Return the option that names a store with the finished suite."""
    shutil.copytree(finished(**SHORT).store.root, project.path / "kept")
    return "--harness-store", "kept"


PYTEST = f"""
import sys, types, pytest
sys.path.insert(0, {str(ROOT / "tests" / "support")!r})
from harness import testing
from programs import forked_here
testing.subprocess = types.SimpleNamespace(Popen=forked_here, DEVNULL=None, PIPE=None)
sys.exit(pytest.main(sys.argv[1:]))
"""


def ran(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest, and the suites that it runs, in separate processes with the program already imported."""
    done = program(project.path, *arguments, code=PYTEST)
    return pytest.RunResult(done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), 0.0)


def test_a_marked_test_asserts_on_cells_and_claims(project: pytest.Pytester) -> None:
    """The suite runs once for all marked tests, into the named store, and not again the next time."""
    project.makepyfile("""
        import pytest

        pytestmark = pytest.mark.reproduction("tiny.yaml", scale="ci")

        def test_cells(reproduction):
            assert 0 <= reproduction.cell("cnn.top1").mean <= 100

        def test_claims(reproduction):
            assert reproduction.claim("own_errors").outcome == "NOT COMPARABLE"
    """)
    first = ran(project, "--harness-store", "kept", "-s")
    first.assert_outcomes(passed=2)
    assert first.stderr.str().count("epoch 1/1") == 1
    assert (project.path / "kept").is_dir()
    assert not (project.path / "runs").exists()
    assert not (project.path / "reports").exists()
    again = ran(project, "--harness-store", "kept", "-s")
    again.assert_outcomes(passed=2)
    assert again.stderr.str().count("nothing to do") == 1


def test_a_failure_shows_the_line_of_the_cell(project: pytest.Pytester, kept: tuple[str, str]) -> None:
    """The line shows the printed number, ours, the verdict with its reason, and the page."""
    project.makepyfile(TINY.format(line='assert reproduction.cell("cnn.top1").mean < -1'))
    done = ran(project, *kept)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([
        "*where * = <cell cnn.top1: paper 37.5%, ours *",
        "*reproduction of tiny, ci scale*",
        "<cell cnn.top1: paper 37.5%, ours *%, NOT COMPARABLE: the ci scale is not the paper's data and recipe>",
        "report: */index.html",
    ])  # fmt: skip
    page = Path(re.search(r"^report: (.*)$", done.stdout.str(), re.MULTILINE)[1])
    assert page.is_file()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            TINY.format(line='reproduction.cell("cnn.top11")'),
            "no cell 'cnn.top11' in this suite; did you mean 'cnn.top1'?",
        ),
        (
            'import pytest\n@pytest.mark.reproduction("nosuch")\ndef test_it(reproduction): pass',
            "nosuch at ci scale: no suite file at 'nosuch'",
        ),
        (
            'import pytest\n@pytest.mark.reproduction("tiny.yaml", scale="paper")\ndef test_it(reproduction): pass',
            "tiny.yaml at paper scale: tiny.yaml has no scale 'paper'; it has ci",
        ),
        (
            "def test_it(reproduction): pass",
            'name the suite: @pytest.mark.reproduction("suites/table1.yaml", scale="ci")',
        ),
        (
            'import pytest\n@pytest.mark.reproduction("tiny.yaml", size="ci")\ndef test_it(reproduction): pass',
            "name the suite: ",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_told(
    project: pytest.Pytester, kept: tuple[str, str], body: str, said: str
) -> None:
    """The failure is one message, without the plugin's own frames."""
    project.makepyfile(body)
    done = ran(project, *kept)
    assert done.ret == 1
    text = done.stdout.str()
    assert said in text
    assert "pytest_plugin.py" not in text


def test_a_suite_that_failed_is_not_run_again_for_the_next_test(project: pytest.Pytester) -> None:
    """Each test fails with the same reason."""
    project.makepyfile("""
        import pytest

        @pytest.mark.reproduction("nosuch")
        @pytest.mark.parametrize("number", range(3))
        def test_it(reproduction, number): pass
    """)
    done = ran(project)
    done.assert_outcomes(errors=3)
    assert done.stdout.str().count("Captured stderr setup") == 1


def test_other_tests_do_not_notice(project: pytest.Pytester) -> None:
    """Nothing runs or is written for them, and neither torch nor the command line is imported."""
    project.makepyfile("""
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.split(".")[0] == "harness"}
            assert ours == {"harness", "harness.pytest_plugin"}
            assert not {"torch", "numpy", "pydantic", "click", "rich"} & set(sys.modules)

        def test_fails():
            assert False
    """)
    before = {path.name for path in project.path.iterdir()}
    done = project.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1, failed=1)
    assert "reproduction" not in done.stdout.str()
    made = {path.name for path in project.path.iterdir()} - before
    assert {name for name in made if not name.startswith("runpytest-")} <= {
        "__pycache__", "stdout", "stderr", "test_other_tests_do_not_notice.py",
    }  # fmt: skip


def test_marker_and_option_are_documented(project: pytest.Pytester) -> None:
    """Pytest lists the marker, the option and the fixture."""
    assert "@pytest.mark.reproduction(suite, scale='ci'): " in ran(project, "--markers").stdout.str()
    assert "--harness-store=DIR" in ran(project, "--help").stdout.str()
    assert "The results of the suite named by the test's marker" in ran(project, "--fixtures").stdout.str()


def test_it_is_declared_under_its_own_name() -> None:
    """Naming it as a plugin therefore does not load it a second time."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert declared == {"pytest11": {"harness.pytest_plugin": "harness.pytest_plugin"}}


@pytest.mark.parametrize(
    "how",
    [
        "entry point and -p",
        *(pytest.param(how, marks=pytest.mark.nightly) for how in ("entry point", "entry point and conftest")),
    ],
)
def test_an_installed_package_brings_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """It is loaded by its entry point, and may be named as well."""
    metadata = pytester.mkdir("paper_harness-0.dist-info")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: paper-harness\nVersion: 0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(
        "[pytest11]\nharness.pytest_plugin = harness.pytest_plugin\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}:{ROOT}")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    if how == "entry point and conftest":
        pytester.makeconftest('pytest_plugins = ["harness.pytest_plugin"]')
    named = ["-p", "harness.pytest_plugin"] if how == "entry point and -p" else []
    done = pytester.runpytest_subprocess("--markers", *named)
    assert done.ret == 0
    assert done.stdout.str().count("@pytest.mark.reproduction(") == 1


def test_the_example_of_the_documentation_passes(project: pytest.Pytester) -> None:
    """It is in docs/ci.md, and passes unchanged."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL)
    (example,) = [block for block in blocks if "pytest.mark.reproduction" in block]
    project.makepyfile(example)
    ran(project).assert_outcomes(passed=example.count("def test_"))
