"""Checks from end to end: sound suites pass, and a changed method in the code is a regression on any machine.

Each change is tried twice: on the machine of the baseline, where any changed bit counts, and against a baseline that
claims to come from another machine, where only more than rounding counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from baselines import BASELINE, FEW, PRELU, RULES
from tiny_suites import tiny_suite

from harness.errors import BaselineMissing, JobFailed, UsageError
from harness.plan.graph import Plan, make_plan
from harness.regression.baseline import Baseline, read_baseline
from harness.regression.check import check, exit_code, updated
from harness.regression.finding import Checked, Finding
from harness.regression.probes import DISTURBANCES
from harness.store.store import Store
from harness.suite.file import Suite
from harness.suite.shipped import shipped_suites


@pytest.fixture(scope="module")
def made(with_baseline: Path) -> Path:
    """Return a folder with a tiny suite of AlexNet, one of PReLU, and the baseline of both."""
    return with_baseline


@pytest.fixture(scope="module")
def elsewhere(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same baseline as if made on another machine."""
    known = read_baseline(made / BASELINE, "ci").suites
    suites = {name: {**one, "made_with": {**one["made_with"], "processor": "another"}} for name, one in known.items()}
    path = tmp_path_factory.mktemp("elsewhere") / "elsewhere.json"
    Baseline(path, "ci", suites).write()
    return path


def checked(made: Path, baseline: Path, suite: str = "tiny", *, only: str = "", **flags: Any) -> Checked:
    """Check one of the two suites."""
    file = made / f"{suite}.yaml"
    globs = [only] if only else []
    return check([file], baseline, RULES, Store(made / "runs"), globs=globs, strict=False, **flags)


def regressions(found: Checked) -> dict[str, Finding]:
    """Return the regressions by subject."""
    return {one.subject: one for one in found.findings if one.severity == "regression"}


@pytest.fixture(scope="module")
def sound(made: Path) -> Checked:
    """Return the check of an unchanged suite on the machine of its baseline."""
    return checked(made, made / BASELINE)


@pytest.fixture(scope="module")
def sound_elsewhere(made: Path, elsewhere: Path) -> tuple[Checked, int]:
    """Return the check of an unchanged suite against another machine's baseline, and how often steps were taken."""
    from harness.jobs import probe

    taken, real = [], probe.steps_taken
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probe, "steps_taken", lambda *arguments: taken.append(1) or real(*arguments))
        return checked(made, elsewhere), len(taken)


def test_an_unchanged_suite_passes_bit_for_bit(sound: Checked) -> None:
    """Every probe is compared."""
    found = sound
    assert (exit_code(found), regressions(found)) == (0, {})
    probes = {one.subject: one.said for one in found.findings if one.subject.startswith("probe")}
    assert probes == dict.fromkeys(("probe cnn", "probe cnn.ten_crop"), "bit for bit as in the baseline")


def test_a_check_leaves_nothing_behind(made: Path, sound: Checked) -> None:
    """It leaves no trainings and no store."""
    assert sound.findings
    assert not (made / "runs").exists()


def test_a_baseline_from_elsewhere_is_told_and_gates_nothing_by_itself(sound_elsewhere: tuple[Checked, int]) -> None:
    """The finding names the difference."""
    found, _ = sound_elsewhere
    told = [one for one in found.findings if one.severity == "advisory"]
    assert (exit_code(found), len(told)) == (0, 1)
    assert "processor 'another' -> " in told[0].said


def changed_momentum(patch: pytest.MonkeyPatch) -> None:
    """Reduce the momentum by a hundredth."""
    from harness.jobs.training import train

    real = train.make_optimiser

    def lower(net: Any, spec: Any, *rest: Any, **more: Any) -> Any:
        return real(net, spec.model_copy(update={"momentum": 0.99 * spec.momentum}), *rest, **more)

    patch.setattr(train, "make_optimiser", lower)


def alpha_over_n(patch: pytest.MonkeyPatch) -> None:
    """Divide alpha by n in response normalisation, as torch does and the paper's formula does not."""
    from harness.models.modules import ResponseNorm

    real = ResponseNorm.__init__

    def divided(self: Any, *, k: float, n: int, alpha: float, beta: float, groups: int = 1) -> None:
        real(self, k=k, n=n, alpha=alpha / n, beta=beta, groups=groups)

    patch.setattr(ResponseNorm, "__init__", divided)


def decayed_slopes(patch: pytest.MonkeyPatch) -> None:
    """Apply weight decay to everything, PReLU slopes included."""
    from harness.jobs.training import optimiser

    real = optimiser.decay_groups
    patch.setattr(optimiser, "decay_groups", lambda net, decay, _decays, **more: real(net, decay, "all", **more))


def rate_outside(patch: pytest.MonkeyPatch) -> None:
    """Apply the learning rate outside the velocity, as torch does, so that a drop acts at once."""
    from harness.jobs.training import optimiser

    patch.setattr(optimiser, "_scale_velocities", lambda *_: None)


def shifted_crop(patch: pytest.MonkeyPatch) -> None:
    """Move the first of the ten crops down by a pixel."""
    import torch

    from harness.data import views

    real = views._views

    def shifted(images: torch.Tensor, crop: int, name: str) -> torch.Tensor:
        found = real(images, crop, name)
        return found if name == "centre" else torch.cat([images[:, None, :, 1 : 1 + crop, :crop], found[:, 1:]], 1)

    patch.setattr(views, "_views", shifted)


def other_seed(patch: pytest.MonkeyPatch) -> None:
    """Draw first weights from another generator."""
    from harness.jobs.training import first_weights

    real = first_weights.generator
    patch.setattr(first_weights, "generator", lambda seed, purpose, *place: real(seed + 1, purpose, *place))


CHANGES = [
    (changed_momentum, "tiny", {"probe cnn": "loss of step"}),
    (alpha_over_n, "tiny", {"probe cnn": "logits at first weights", "probe cnn.ten_crop": "probabilities"}),
    (decayed_slopes, PRELU, {"probe shared": "weight decay of slopes"}),
    (rate_outside, "tiny", {"probe cnn": "loss after the rate dropped"}),
    (rate_outside, PRELU, {"probe shared": "in the first step after a drop"}),
    (shifted_crop, "tiny", {"probe cnn.ten_crop": "probabilities"}),
    (other_seed, "tiny", {"probe cnn": "logits at first weights", "probe cnn.ten_crop": "probabilities"}),
]


FAR = ((decayed_slopes, PRELU), (shifted_crop, "tiny"))
"""Changes that the quick run compares with the other machine's baseline, which takes the first steps eight times.

A changed momentum is compared with both where its disturbances are counted.
"""


def in_the_quick_run(change: Callable[[pytest.MonkeyPatch], None], suite: str, place: str) -> bool:
    """Tell whether the quick run tries a change at this place; the nightly run tries each at both."""
    return change is not changed_momentum and (place == "elsewhere") == ((change, suite) in FAR)


PLACES = [
    pytest.param(*one, place, marks=() if in_the_quick_run(one[0], one[1], place) else pytest.mark.nightly)
    for one in CHANGES
    for place in ("here", "elsewhere")
]


@pytest.mark.parametrize(("change", "suite", "parts", "place"), PLACES)
def test_a_change_of_method_is_a_regression(
    made: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[pytest.MonkeyPatch], None],
    suite: str,
    parts: dict[str, str],
    place: str,
) -> None:
    """Exactly these probes change, and the finding names the part that shows it."""
    change(monkeypatch)
    only = "shared" if suite == PRELU else ""
    found = checked(made, made / BASELINE if place == "here" else elsewhere, suite, only=only)
    wrong = regressions(found)
    assert exit_code(found) == 3
    assert parts.keys() <= wrong.keys()
    for subject, part in parts.items():
        assert part in wrong[subject].said


def test_a_change_shows_only_in_what_it_touches(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed crop leaves the training alone, and a changed rate the test."""
    with monkeypatch.context() as patch:
        shifted_crop(patch)
        assert regressions(checked(made, made / BASELINE)).keys() == {"probe cnn.ten_crop"}
    rate_outside(monkeypatch)
    assert regressions(checked(made, made / BASELINE)).keys() == {"probe cnn"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 3),
        pytest.param("batch", 32, marks=pytest.mark.nightly),
        pytest.param("rate", 0.01, marks=pytest.mark.nightly),
    ],
)
def test_a_changed_hyperparameter_of_the_suite_is_a_regression(
    made: Path, tmp_path: Path, elsewhere: Path, field: str, value: float
) -> None:
    """Every resolved field is compared, also the number of epochs, which no first step shows."""
    file = tiny_suite(tmp_path, **FEW | {field: value})
    found = check([file], elsewhere, RULES, Store(made / "runs"), strict=False)
    assert f"recipe.{field}" in regressions(found)["experiment cnn"].said


def test_a_check_takes_the_steps_of_a_sound_training_once(sound_elsewhere: tuple[Checked, int]) -> None:
    """Only departing trainings are disturbed."""
    found, taken = sound_elsewhere
    assert (exit_code(found), taken) == (0, 1)


def test_a_training_that_departs_is_disturbed_before_it_is_told(
    made: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the baseline's own machine no disturbance could explain the departure."""
    from harness.jobs import probe

    taken, real = [], probe.steps_taken
    monkeypatch.setattr(probe, "steps_taken", lambda *arguments: taken.append(1) or real(*arguments))
    changed_momentum(monkeypatch)
    for baseline, times in ((elsewhere, 1 + len(DISTURBANCES)), (made / BASELINE, 1)):
        taken.clear()
        found = checked(made, baseline)
        assert (exit_code(found), len(taken)) == (3, times)
        assert "loss of step" in regressions(found)["probe cnn"].said


def test_what_two_suites_share_runs_once(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same net, recipe and data have two names; each suite is planned once."""
    from harness.jobs import probe

    taken, plans, real = list[int](), list[str](), probe.steps_taken
    monkeypatch.setattr(probe, "steps_taken", lambda *arguments: taken.append(1) or real(*arguments))

    def planned(suite: Suite, *rest: Any) -> Plan:
        plans.append(suite.name)
        return make_plan(suite, *rest)

    monkeypatch.setattr("harness.regression.observations.make_plan", planned)
    suites = [tiny_suite(tmp_path, name=name, **FEW) for name in ("one", "two")]
    known = read_baseline(made / BASELINE, "ci").suites["tiny"]
    Baseline(tmp_path / "ci.json", "ci", {"one": known, "two": known}).write()
    found = check(suites, tmp_path / "ci.json", RULES, Store(tmp_path / "runs"), strict=False)
    compared = [one.suite for one in found.findings if one.subject == "probe cnn"]
    assert (compared, len(taken), plans) == (["one", "two"], 1, ["one", "two"])


def test_a_failed_job_is_an_error_and_comes_before_a_regression(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 6, and everything else is judged."""

    def fails(*_: Any) -> Iterator[Any]:
        raise RuntimeError("no memory")

    monkeypatch.setattr("harness.jobs.probe.steps_taken", fails)
    found = checked(made, made / BASELINE)
    assert exit_code(found) == 6
    severities = {one.subject: one.severity for one in found.findings}
    assert severities["probe cnn"] == "not judged"
    assert severities["probe cnn.ten_crop"] == "ok"
    assert any(one.severity == "error" and "no memory" in one.said for one in found.findings)


def test_a_failed_job_makes_no_baseline(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one stays."""
    monkeypatch.setattr("harness.jobs.probe.steps_taken", lambda *_: 1 / 0)
    before = (made / BASELINE).read_bytes()
    with pytest.raises(JobFailed, match="nothing was written"):
        updated([made / "tiny.yaml"], made / BASELINE, RULES, Store(tmp_path / "runs"))
    assert (made / BASELINE).read_bytes() == before


@pytest.mark.nightly
def test_an_update_of_nothing_changes_no_byte(made: Path, tmp_path: Path) -> None:
    """Neither the updated suite nor the other one changes."""
    found = updated([made / "tiny.yaml"], made / BASELINE, RULES, Store(tmp_path / "runs"))
    before = json.loads((made / BASELINE).read_text())["suites"]
    assert found.differences == ()
    assert dict(found.baseline.suites) == before


def test_a_suite_without_a_baseline_is_told_before_anything_runs(made: Path, tmp_path: Path) -> None:
    """The message has the command that adds it."""
    file = tiny_suite(tmp_path, name="fresh", **FEW)
    with pytest.raises(BaselineMissing, match="baseline update fresh"):
        check([made / "tiny.yaml", file], made / BASELINE, RULES, Store(made / "runs"), strict=False)


def test_a_suite_whose_file_is_gone_is_told(made: Path, tmp_path: Path) -> None:
    """The baseline would hold it for ever, and nobody would compare it."""
    known = read_baseline(made / BASELINE, "ci")
    path = tmp_path / "ci.json"
    Baseline(path, "ci", {**known.suites, "removed": known.suites["tiny"]}).write()
    lost = [one.suite for one in checked(made, path).findings if one.severity == "advisory"]
    assert lost == ["removed"]


def test_globs_that_choose_nothing_are_told(made: Path) -> None:
    """A check of nothing is never sound."""
    with pytest.raises(UsageError, match="matches zzz"):
        checked(made, made / BASELINE, only="zzz")


def test_a_suite_that_lost_the_scale_is_a_regression(made: Path, tmp_path: Path) -> None:
    """A suite that never had the scale is not judged."""
    suite = json.loads((made / "tiny.yaml").read_text())
    suite["scales"] = {"paper": {"seeds": 1}}
    (tmp_path / "tiny.yaml").write_text(json.dumps(suite))
    (tmp_path / "other.yaml").write_text(json.dumps(suite | {"suite": "other"}))
    paths = [tmp_path / "tiny.yaml", tmp_path / "other.yaml"]
    found = check(paths, made / BASELINE, RULES, Store(made / "runs"), strict=False)
    severities = {one.suite: one.severity for one in found.findings if one.suite in ("tiny", "other")}
    assert severities == {"tiny": "regression", "other": "not judged"}


@pytest.mark.nightly
def test_every_shipped_suite_is_as_its_baseline_says(tmp_path: Path) -> None:
    """They agree within rounding on any machine."""
    committed = Path(__file__).parent.parent.parent / "reports" / "baselines" / "ci.json"
    paths = sorted(shipped_suites().glob("*.yaml"))
    found = check(paths, committed, RULES, Store(tmp_path), strict=False)
    assert [one for one in found.findings if one.severity in ("regression", "error")] == []
