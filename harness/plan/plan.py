"""The jobs of one suite at one scale, and which experiment asked for which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.plan.job import Job, datasets_of
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.judge.statistics import Look
    from harness.suite.file import Suite
    from harness.suite.resolve import ResolvedExperiment
    from harness.suite.seeds import SeedLooks


@dataclass(frozen=True)
class Plan:
    """The jobs of one suite at one scale, inputs before those that need them, and who asked for which.

    `graph.make_plan` makes it from a suite that was read; `outline` recalls it without reading the suite, which is
    then read when `suite`, or anything that follows from it, is asked for.
    """

    read: Callable[[], Suite] = field(repr=False, compare=False)
    """Gives the suite."""
    scale: ScaleName
    device: str = ""
    """The name of the device that timing jobs are to run on."""
    jobs: dict[str, Job] = field(default_factory=dict)
    """By key."""
    trainings: dict[tuple[str, int], str] = field(default_factory=dict)
    """(experiment, seed) -> key of the train job; an ensemble may want more seeds than the scale declares."""
    evaluations: dict[tuple[str, str, int], str] = field(default_factory=dict)
    """(experiment, evaluation, seed) -> key of the job that tests it; of an ensemble, by repetition."""
    inspections: dict[tuple[str, str, int], str] = field(default_factory=dict)
    """(experiment, inspection, seed) -> key of the job that reads it off the trained net."""
    measurements: dict[tuple[str, int], str] = field(default_factory=dict)
    """(experiment, seed) -> key of the measure job; the first seed stands for all where nothing is drawn."""
    look: Look | None = None
    """The declared look that it ends with; None where seeds are fixed, or all looks are in it."""

    @cached_property
    def suite(self) -> Suite:
        """The suite; raises SuiteError where the plan is a recalled one and the file became faulty since."""
        return self.read()

    @property
    def experiments(self) -> Mapping[str, ResolvedExperiment]:
        """The experiments that train at some scale, as they are at this one."""
        return self.suite.resolved[self.scale]

    @property
    def trained(self) -> Mapping[str, ResolvedExperiment]:
        """The experiments whose nets this plan trains; one without a test at this scale is not among them."""
        names = {name for name, _ in self.trainings}
        return {name: experiment for name, experiment in self.experiments.items() if name in names}

    @property
    def declared(self) -> int | SeedLooks:
        """The seeds of the scale as it declares them."""
        return self.suite.file.scales[self.scale].seeds

    @property
    def seeds(self) -> range:
        """The declared seeds, up to the look."""
        from harness.suite.seeds import first_seed, sizes  # noqa: PLC0415 - pydantic, which a recalled plan spares

        first = first_seed(self.declared)
        return range(first, first + (sizes(self.declared)[-1] if self.look is None else self.look.seeds))

    def looks(self) -> tuple[Look | None, ...]:
        """Give the declared looks; a single None where the number of seeds is fixed."""
        if isinstance(self.declared, int):
            return (None,)
        from harness.judge.statistics import declared_looks  # noqa: PLC0415 - scipy, which plans of fixed seeds spare
        from harness.suite.seeds import sizes  # noqa: PLC0415 - pydantic, which a recalled plan spares

        return declared_looks(sizes(self.declared))

    def classes(self, experiment: str) -> int:
        """Count the classes of a training or classification, or of the nets of an ensemble."""
        if self.suite.file.experiments[experiment].classify is not None:
            from harness.suite.resolve_classification import resolve_classification  # noqa: PLC0415 - see `seeds`

            return resolve_classification(self.suite.file, self.scale, experiment).classes
        members = self.suite.file.experiments[experiment].ensemble
        return self.experiments[members[0].experiment if members else experiment].classes

    @property
    def datasets(self) -> list[str]:
        """The names of the data sets that its jobs read."""
        return datasets_of(self.jobs)

    def asked_for(self) -> list[tuple[str, str]]:
        """Give every job that an experiment asked for, as (experiment, key)."""
        asked: tuple[Mapping[Any, str], ...] = (self.trainings, self.evaluations, self.inspections, self.measurements)
        return [(place[0], key) for mapping in asked for place, key in mapping.items()]

    def on(self, device: str) -> Plan:
        """Give this plan with its timing jobs on the device of this name; no other job's key changes with it."""
        moved = {key: job.on(device) for key, job in self.jobs.items()}
        measurements = {place: moved[key].key for place, key in self.measurements.items()}
        return replace(self, device=device, jobs={job.key: job for job in moved.values()}, measurements=measurements)

    def of_jobs(self, jobs: Mapping[str, Job]) -> Plan:
        """Give a plan of other jobs of the same suite and scale, as a check runs them; no experiment asked for them."""
        return Plan(self.read, self.scale, self.device, dict(jobs))
