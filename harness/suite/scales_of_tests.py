"""Checks that a test which others build on is taken at every scale at which they are."""

from __future__ import annotations

from collections.abc import Iterator

from harness.scale_names import ScaleName
from harness.suite.file import SuiteFile
from harness.suite.yaml_places import KeyPath, Located

Use = tuple[KeyPath, str, str]
"""Where a test is named, and the experiment and the name of the test that is meant."""


def check_scales_of_tests(located: Located, file: SuiteFile) -> None:
    """Note a fault for each ensemble and inspection that reads a test which one of its scales leaves out."""
    for scale in file.scales:
        for path, experiment, test in _uses(file, scale):
            if not file.experiments[experiment].evaluate[test].taken_at(scale):
                located.fault(path, f"needs {experiment}.{test}, which is not taken at {scale} scale")


def _uses(file: SuiteFile, scale: ScaleName) -> Iterator[Use]:
    for name, experiment in file.experiments.items():
        for test, evaluation in experiment.evaluate.items():
            if evaluation.taken_at(scale):
                for member in experiment.ensemble or ():
                    yield ("experiments", name, "evaluate", test), member.experiment, test
        for inspection, spec in experiment.inspect.items():
            for other, test in spec.tests(name).values():
                yield ("experiments", name, "inspect", inspection), other, test
