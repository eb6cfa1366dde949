"""What packages add enters the registries once it is named, and its code is that of the jobs that use it alone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from made_up_packages import NET, install, net_package, place

from harness.data import DATASETS
from harness.errors import SuiteError, UsageError
from harness.jobs import JOBS
from harness.jobs.code import code_digest, is_current, lasting_digest
from harness.jobs.extensions import add_all, add_named, known_dataset, named_entries
from harness.jobs.inspections import INSPECTIONS, parsed
from harness.jobs.measures import MEASURES
from harness.jobs.named import extended
from harness.machine.entry_points import named_in
from harness.models import MODELS, parse_model

__all__ = ["place"]

USES = {"model": {"name": "slim"}, "data": {"name": "digits"}}

MEASURE = '''
from typing import Literal
from harness.jobs.measures import Measure
from harness.jobs.measures.quantity import Computed, Number

class Answer(Computed):
    """Six times seven."""
    what: Literal["answer"]
    def numbers(self):
        return {"answer": Number(42.0, "", "the answer")}

ANSWER = Measure(Answer, "harness.jobs.measures.quantity:compute")
'''

INSPECTION = '''
from typing import Literal
from harness.jobs.inspections import Inspection
from harness.jobs.inspections.inspected import Inspected

class Look(Inspected):
    """A look."""
    what: Literal["look"]
    def quantities(self, layers, classes):
        return {}

LOOK = Inspection(Look, "looking:inspect")
'''

DATASET = """
from dataclasses import replace
from harness.data.sets.digits import DIGITS

MORE = replace(DIGITS, name="more_digits", title="More digits")
"""


def test_names_are_found_wherever_a_suite_or_a_spec_has_them() -> None:
    """Nets, data sets, measurements; a name of another kind of thing is looked up in vain."""
    suite = {
        "experiments": {
            "one": {"train": {"model": {"name": "a"}, "data": "b"}},
            "two": {"measure": {"what": "c", "net": {"model": {"name": "d"}}}},
        },
        "scales": {"ci": {"data": "e"}},
    }
    found = set(named_in(suite))
    assert {("models", "a"), ("datasets", "b"), ("measures", "c"), ("models", "d"), ("datasets", "e")} <= found
    assert ("datasets", "f") in named_in({"data": {"name": "f"}})
    assert ("models", "f") not in named_in({"data": {"name": "f"}})


def test_a_net_enters_when_it_is_named(place: Path) -> None:
    """And not before; what nobody names is not imported."""
    net_package(place)
    net_package(place, "other", "other_nets", "other-nets")
    add_named(USES)
    assert parse_model({"name": "slim"}).name == "slim"
    assert "other" not in MODELS
    assert "other_nets" not in sys.modules


@pytest.mark.parametrize(
    ("group", "name", "text", "value"),
    [
        ("measures", "answer", MEASURE, "added:ANSWER"),
        ("inspections", "look", INSPECTION, "added:LOOK"),
        ("datasets", "more_digits", DATASET, "added:MORE"),
    ],
)
def test_other_kinds_enter_as_well(place: Path, group: str, name: str, text: str, value: str) -> None:
    """Each its own registry."""
    install(place, "added", {"added.py": text}, {group: {name: value}})
    assert [entry.name for entry in add_all(group)] == [name]  # type: ignore[arg-type]
    assert name in {"measures": MEASURES, "inspections": INSPECTIONS, "datasets": DATASETS}[group]


def test_jobs_read_an_inspection_of_a_package(place: Path) -> None:
    """Beside the program's own."""
    install(place, "added", {"added.py": INSPECTION}, {"inspections": {"look": "added:LOOK"}})
    add_named({"inspection": {"what": "look"}})
    assert parsed({"what": "look"}).what == "look"
    assert parsed({"what": "coefficients"}).what == "coefficients"


def test_a_data_set_is_known_by_name(place: Path) -> None:
    """As the commands about data look for it."""
    install(place, "added", {"added.py": DATASET}, {"datasets": {"more_digits": "added:MORE"}})
    assert known_dataset("more_digits").title == "More digits"
    with pytest.raises(UsageError, match="did you mean more_digits"):
        known_dataset("more_digit")


def test_a_name_of_the_program_is_not_given_to_another(place: Path) -> None:
    """Neither is taken in silence."""
    net_package(place, "alexnet")
    with pytest.raises(UsageError, match="the program itself has 'alexnet' among its models; rename the entry point"):
        named_entries({"model": {"name": "alexnet"}})
    add_named({"model": {"name": "cifar_conv"}})


@pytest.mark.parametrize(
    ("group", "text", "said"),
    [
        ("models", "Slim = 3", "is of type int, and a net is a subclass of harness.models.Net"),
        (
            "models",
            NET.format(name="Slim", word="thin"),
            'needs a field `name: Literal["slim"]`, by which suites call it',
        ),
        ("datasets", "Slim = 3", "is of type int, and a data set is a harness.data.Dataset"),
        ("datasets", DATASET + "Slim = MORE", "is the data set 'more_digits'; name both alike"),
        (
            "measures",
            "class Slim: ...",
            "is the class Slim, and has to be a harness.jobs.measures.Measure, its spec",
        ),
        ("measures", MEASURE + "Slim = ANSWER", 'needs a field `what: Literal["slim"]`, by which suites call it'),
        (
            "inspections",
            MEASURE + "Slim = ANSWER",
            "has to be a harness.jobs.inspections.Inspection, its spec a subclass of Inspected",
        ),
    ],
)
def test_what_is_no_such_thing_is_told(place: Path, group: Any, text: str, said: str) -> None:
    """With what it is, and what it has to be."""
    install(place, "wrong", {"wrong.py": text}, {group: {"slim": "wrong:Slim"}})
    with pytest.raises(UsageError) as raised:
        add_all(group)
    assert said in str(raised.value)


def test_a_suite_that_names_it_is_told_at_its_file(place: Path, tmp_path: Path) -> None:
    """One line, no traceback."""
    from suite_files import faults, written

    install(place, "wrong", {"wrong.py": "1 / 0"}, {"models": {"slim": "wrong:Slim"}})
    (line,) = faults(written(tmp_path, ("name: alexnet", "name: slim")))
    assert line.startswith("1:1: the entry point models slim = 'wrong:Slim' of wrong 1.2 cannot be imported")


def digests(*specs: dict[str, Any]) -> dict[str, str]:
    """Of the code of each kind, for a job with these specs."""
    with extended(*specs):
        return {kind: code_digest(kind) for kind in JOBS}


def test_only_jobs_that_use_it_have_its_code(place: Path) -> None:
    """Those that do have another digest than those of the program's own nets, which keep theirs."""
    before = {kind: code_digest(kind) for kind in JOBS}
    net_package(place)
    assert digests({"model": {"name": "cifar_conv"}}) == before
    assert all(digest != before[kind] for kind, digest in digests(USES).items())
    assert {kind: code_digest(kind) for kind in JOBS} == before


def test_a_job_that_builds_on_one_that_uses_it_has_its_code_too(place: Path) -> None:
    """A test reads the trained net."""
    net_package(place)
    assert digests({"protocol": {}}, USES) == digests(USES)


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ('Linear("fc", classes)', 'Linear("fc1", classes)', True),
        ('"""One layer."""', '"""One layer, said otherwise."""', False),
        ("from harness.models import Net", "from harness.models import Net  # of the program", False),
        ("from harness.models import Net", "from harness.models import Net\nimport harness.judge.warrants", True),
    ],
)
def test_its_digest_moves_with_what_it_does(place: Path, before: str, after: str, *, moves: bool) -> None:
    """With what it takes of the program beyond the kind's own sources, and not with what it says."""
    from harness.jobs import code

    net_package(place)
    first = digests(USES)
    file = place / "slim_nets" / "nets.py"
    file.write_text(file.read_text().replace(before, after))
    code.extension_digest.cache_clear()
    assert (digests(USES) != first) is moves


def test_a_module_of_the_program_counts_that_only_the_package_imports(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs of no package do without it, so the digests of their kinds say nothing of it."""
    from harness.jobs import code

    net_package(place)
    nets = place / "slim_nets" / "nets.py"
    nets.write_text(nets.read_text().replace("from typing", "import harness.judge.warrants\nfrom typing"))
    first = digests(USES)
    copy = shutil.copytree(code.PACKAGE, tmp_path / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "judge" / "warrants.py").open("a") as file:
        file.write("MORE = 1\n")
    with monkeypatch.context() as patched:
        changed = code.Package(copy)
        patched.setattr(code, "package", lambda: changed)
        code.extension_digest.cache_clear()
        second = digests(USES)
    code.extension_digest.cache_clear()
    assert all(second[kind] != digest for kind, digest in first.items())


def test_a_module_of_the_package_that_it_imports_counts(place: Path) -> None:
    """One that it does not import counts not."""
    from harness.jobs import code

    net_package(place)
    (place / "slim_nets" / "widths.py").write_text("WIDTH = 3\n")
    first = digests(USES)
    (place / "slim_nets" / "widths.py").write_text("WIDTH = 4\n")
    code.extension_digest.cache_clear()
    assert digests(USES) == first
    nets = place / "slim_nets" / "nets.py"
    nets.write_text(nets.read_text().replace("from typing", "from slim_nets.widths import WIDTH\nfrom typing"))
    code.extension_digest.cache_clear()
    second = digests(USES)
    (place / "slim_nets" / "widths.py").write_text("WIDTH = 5\n")
    code.extension_digest.cache_clear()
    assert digests(USES) != second != first


def test_results_that_it_made_are_current_within_it_alone(place: Path) -> None:
    """Without the package, or with another, its results are stale."""
    net_package(place)
    with extended(USES):
        made = code_digest("train")
        assert is_current("train", made)
        assert is_current("train", made[:12])
        assert lasting_digest("train") != lasting_digest("evaluate")
    assert not is_current("train", made)


def test_a_package_without_python_sources_is_told(place: Path) -> None:
    """Its code could not be told from another's."""
    install(place, "built", {"built/__init__.py": ""}, {"models": {"slim": "built.compiled:Slim"}})
    with extended(USES), pytest.raises(UsageError, match=r"the code of the entry point .* cannot be read"):
        code_digest("train")


def test_the_suite_error_is_one_for_every_fault(place: Path, tmp_path: Path) -> None:
    """A clash of names is a fault of the suite that names it."""
    from suite_files import written

    from harness.suite.load import load_suite

    net_package(place, "alexnet")
    with pytest.raises(SuiteError, match="the program itself has 'alexnet'"):
        load_suite(written(tmp_path))
