"""The whole of results.json as one typed document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.results.record import Ends, Json, Number, Record
from harness.report.results.run_records import (
    ClassificationRecord,
    EnsembleRecord,
    ExperimentRecord,
    MeasurementRecord,
)
from harness.report.results.verdict_records import CellRecord, ClaimRecord, WithdrawnRecord
from harness.vocabulary import ScaleName

FORMAT: Literal[1] = 1
"""The format that this version writes and reads."""


class ScaleChoice(Record):
    """Why the report is of this scale."""

    reason: str
    unlock: str
    """The steps that would make a larger scale possible; empty where there is none."""


class CitationRecord(Record):
    """The paper that is reproduced."""

    paper: str
    title: str
    authors: list[str]
    venue: str
    year: int
    references: str | None = None


class LooksRecord(Record):
    """The looks at growing numbers of seeds that the scale declares."""

    looks: list[int]
    """How many seeds there are at each look."""
    first: int
    """The first seed."""
    within: float
    """The one-sided level of tests within a margin, at every look."""
    beyond: float
    """The one-sided level of tests beyond a margin, and of directions."""
    reached: int
    """The number of the look that the run ended with."""
    says: str


class ColumnRecord(Record):
    """A column of the printed table."""

    id: str
    label: str
    unit: str
    margin: Number | None
    metric: str | None


class RowRecord(Record):
    """A row of the printed table."""

    id: str
    label: str


class TableRecord(Record):
    """The printed table's shape; its numbers are cells."""

    columns: list[ColumnRecord]
    rows: list[RowRecord]


class NetPairSeed(Record):
    """Two nets of one seed, set against each other image by image."""

    seed: int
    absent: str | None
    """Why they cannot be compared; the fields below are given where they can."""
    images: int | None = None
    only_first_right: int | None = None
    """Images that only the first net names rightly."""
    only_second_right: int | None = None
    difference: Number | None = None
    """The error of the first net less that of the second, in points."""
    interval: Ends | None = None
    """95%, by bootstrap over images."""
    p: Number | None = None
    """McNemar's exact test."""


class NetPairRecord(Record):
    """The two nets that a claim sets against each other, seed by seed; it decides nothing."""

    claim: str
    metric: str
    nets: list[str]
    seeds: list[NetPairSeed]


class SettledRecord(Record):
    """The fact in the authors' release that speaks of a deviation."""

    status: Literal["confirmed", "contradicted", "open", "no bearing"]
    fact: str
    at: list[str]
    """FILE:LINE of the release."""
    inferred: str | None


class DeviationRecord(Record):
    """One thing that is done otherwise than the paper says, or chosen where it is silent."""

    id: str
    paper: str
    ours: str
    why: str
    expected: str
    """The effect that is expected of it."""
    affects: list[str]
    scales: list[ScaleName] | None
    """Null for every scale."""
    settled: SettledRecord | None = None


class FigureRecord(Record):
    """Our picture for one figure of the paper, or the reason why there is none."""

    id: str
    ref: str
    title: str
    shows: str
    """The content of the paper's figure."""
    caption: str
    alt: str
    not_run: str | None
    """Why there is no picture."""
    svg_data_uri: str | None


class PreparedCopy(Record):
    """The prepared copy of a data set that images were read from."""

    manifest_sha256: str
    says: str
    differs: str


class DataRecord(Record):
    """A split of a data set as jobs saw it."""

    name: str
    version: str
    split: str
    official: bool
    official_reason: str
    whole: bool
    count: int
    fingerprint: str
    ids_sha256: str
    prepared: PreparedCopy | None = None


class CostRecord(Record):
    """The seconds that the jobs of a report took, by their kind; a job that several experiments share counts once."""

    pixels_s: Number
    train_s: Number
    evaluate_s: Number
    ensemble_s: Number
    inspect_s: Number
    measure_s: Number
    vocabulary_s: Number | None = None
    encode_s: Number | None = None
    fit_s: Number | None = None
    classify_s: Number | None = None
    """Of suites without features and classifiers, the last four are left out."""
    energy_j: Number | None = None
    """Energy of the GPU; null where nothing was measured."""
    energy_measured: str | None = None
    """The number of jobs whose energy is known, in words."""
    side_by_side: str | None = None
    """The most jobs that shared the machine, in words; null where each job had it to itself."""
    share_of_matrix_peak: str | None = None
    """How fast the trainings went, of the fastest that matrices were multiplied there; null where none was measured."""
    finished_at: str | None
    """When the last of them ended; null where none has run."""

    @property
    def seconds(self) -> float:
        """All kinds of jobs together."""
        return sum(value for name, value in self.facts() if name.endswith("_s") and isinstance(value, int | float))


class ExperimentCost(Record):
    """The cost of one experiment with all that it rests on; a job that several share counts in each."""

    experiment: str
    jobs: int
    shared: int
    """How many of the jobs other experiments share."""
    measured: int
    """How many of the jobs have telemetry of a GPU."""
    seconds: Number
    gpu: Json | None
    """The telemetry of those jobs as one; null where nothing was measured."""


class DigestsRecord(Record):
    """Digests, by SHA-256, of what the report was made from."""

    suite: str
    """The digest of the text of the suite."""
    code: str
    """The digest of the code of every kind of job."""
    results: str
    """The digest of cells, claims, experiments and data as reported here."""
    curves: str | None = None
    """The digest of curves.json; null until the report is written."""
    document: str | None = None
    """The digest of the whole of results.json without this field; null in reports of earlier versions."""


class JudgedAgain(Record):
    """Digests of the suite and the results as they were first published."""

    suite: str
    results: str


class Results(Record):
    """The results of a suite at one scale: all that its page shows, except the learning curves."""

    format: Literal[1]
    rules: int
    """The number of the rules that verdicts were given by."""
    suite: str
    paper: str
    title: str
    source: str
    """The place in the paper."""
    scale: ScaleName
    scale_note: str
    """The sentence of the suite about this scale."""
    scale_choice: ScaleChoice
    citation: CitationRecord
    suite_yaml: str
    """The text of the suite."""
    command: str
    """The command that runs it again."""
    looks: LooksRecord | None = None
    """Null where seeds are fixed."""
    headline: str
    table: TableRecord | None
    """Null where the suite has none."""
    cells: list[CellRecord]
    claims: list[ClaimRecord]
    withdrawn: list[WithdrawnRecord] = Field(default_factory=list)
    """The cells and claims that were declared, had a result, and are judged no more."""
    net_pairs: list[NetPairRecord] = Field(default_factory=list)
    deviations: list[DeviationRecord]
    experiments: dict[str, ExperimentRecord]
    ensembles: dict[str, EnsembleRecord] = Field(default_factory=dict)
    classifications: dict[str, ClassificationRecord] = Field(default_factory=dict)
    measurements: dict[str, MeasurementRecord]
    figures: list[FigureRecord]
    data: list[DataRecord]
    environment: Json
    """The machine and versions; where results were made in several places, each of them as `place N`."""
    cost: CostRecord
    costs: list[ExperimentCost] = Field(default_factory=list)
    digest: DigestsRecord
    judged_again: JudgedAgain | None = None
    """Given in a report that was judged again by later rules or another text of its suite."""
