"""Gathers what a plan's jobs left in the store, has it judged, and writes it all down as the documents of a report."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError

from harness.data import DATASETS
from harness.errors import HarnessError
from harness.jobs import JOBS
from harness.jobs.code import lasting_digest
from harness.jobs.named import extended
from harness.judge.cells import CellVerdict
from harness.judge.evidence import ClaimVerdict
from harness.judge.warrants import RULES
from harness.plan.graph import Plan
from harness.plan.scale_choice import Choice
from harness.plan.status import Status
from harness.report.costs import cost_of, costs_by_experiment
from harness.report.environments import environment_of
from harness.report.experiments import classifications, ensembles, measurements, trained_experiment
from harness.report.figures import figures_of
from harness.report.first_forms import by_first_form
from harness.report.judging import Judged, judged
from harness.report.net_pairs import net_pairs
from harness.report.page.digests import digest_of_records
from harness.report.prepared_copies import copy_deviations
from harness.report.records import cell_record, claim_record, looks_record, standing_of
from harness.report.result_faults import fitting
from harness.report.results.curves import Curves
from harness.report.results.document import (
    FORMAT,
    CitationRecord,
    ColumnRecord,
    DataRecord,
    DeviationRecord,
    DigestsRecord,
    Results,
    RowRecord,
    ScaleChoice,
    SettledRecord,
    TableRecord,
)
from harness.report.results.faults import first_fault
from harness.report.results.verdict_records import ClaimRecord, WithdrawnRecord
from harness.report.withdrawn_verdicts import in_headline, withdrawn_records
from harness.store.documents import canonical
from harness.store.store import Store
from harness.suite.shipped import shipped_suites, suite_files


def gather(
    plan: Plan, store: Store, standing: Mapping[str, Status], choice: Choice, failed: Mapping[str, str] | None = None
) -> tuple[Results, Curves]:
    """The two documents of a report, `results` and `curves`; nothing in them changes with the day.

    Raises HarnessError where a file of the store holds something that no report can say.
    """
    found = judged(plan, store, standing, failed or {})
    standing = {key: standing[key] for key in found.plan.jobs}
    try:
        return _results(found, store, standing, choice, failed or {}), found.curves
    except ValidationError as error:
        raise HarnessError(
            f"{store.root}: a file there does not fit a report ({error.title}: {first_fault(error)}); "
            "`python -m harness verify` names damaged files"
        ) from None


def _results(
    found: Judged, store: Store, standing: Mapping[str, Status], choice: Choice, failed: Mapping[str, str]
) -> Results:
    plan = found.plan
    file, declared = plan.suite.file, found.declared
    cells = [cell_record(verdict, standing_of(declared.cells, verdict.cell.id)) for verdict in found.cells]
    claims = [_claim_record(verdict, found) for verdict in found.claims]
    experiments = {name: trained_experiment(plan, name, standing, failed) for name in plan.trained}
    data = _data(plan, standing)
    withdrawn = withdrawn_records(declared.withdrawn, found.evidence)
    return Results(
        format=FORMAT,
        rules=RULES,
        suite=file.suite,
        paper=file.paper,
        title=file.title,
        source=file.source,
        scale=plan.scale,
        scale_note=file.scales[plan.scale].says or "",
        scale_choice=ScaleChoice(reason=choice.reason, unlock=choice.unlock),
        citation=CitationRecord(**plan.suite.citation.model_dump()),
        suite_yaml=plan.suite.text,
        command=f"python -m harness run {_shown_path(plan)} --scale {plan.scale}",
        looks=looks_record(plan.declared, plan.look),
        headline=headline(plan, found.cells, found.claims, withdrawn),
        table=table_of(plan),
        cells=cells,
        claims=claims,
        withdrawn=withdrawn,
        net_pairs=net_pairs(plan, store, standing),
        deviations=[*deviations_of(plan), *copy_deviations(plan, standing), *_in_parts(plan, standing)],
        experiments=experiments,
        ensembles=ensembles(plan, standing),
        classifications=classifications(plan, standing, failed),
        measurements=measurements(plan, standing, failed),
        figures=figures_of(plan, store, standing, failed, found.curves),
        data=data,
        environment=environment_of(plan, store, standing),
        cost=cost_of(plan, standing),
        costs=costs_by_experiment(plan, standing),
        digest=DigestsRecord(
            suite=hashlib.sha256(plan.suite.text.encode()).hexdigest(),
            code=_code_digest(plan),
            results=digest_of_records(cells, claims, experiments, data),
        ),
    )


def _claim_record(verdict: ClaimVerdict, found: Judged) -> ClaimRecord:
    """One claim as a report holds it, with what it would come to as it was first declared."""
    file, declared = found.plan.suite.file, standing_of(found.declared.claims, verdict.id)
    first = by_first_form(verdict, declared, found.evidence)
    return claim_record(
        verdict, declared, found.evidence, file.readings.values(), first, file.scales[found.plan.scale].earlier
    )


def headline(
    plan: Plan, cells: list[CellVerdict], claims: list[ClaimVerdict], withdrawn: Sequence[WithdrawnRecord] = ()
) -> str:
    """One sentence that says what came out, and no more than that; and how much of it is judged no more."""
    own = [verdict for verdict in cells if verdict.outcome != "CITED"]
    compared = [verdict for verdict in own if verdict.outcome != "NOT COMPARABLE"]
    said = []
    if compared or (own and plan.scale == "paper"):
        said.append(f"{_counted(v.outcome for v in own)} of {len(own)} printed numbers of the authors' own")
    elif own:
        said.append(_shown(plan, own))
    if claims:
        said.append(f"{_counted(map(_with_level, claims))} of {len(claims)} claims")
    said += in_headline(withdrawn)
    return "; ".join(said)[:1].upper() + "; ".join(said)[1:] + "." if said else "Nothing here is measured."


def _counted(outcomes: Iterable[str]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(Counter(outcomes).items()))


def _with_level(verdict: ClaimVerdict) -> str:
    """A decided outcome with the evidence it rests on, wherever that is not the paper's own world."""
    decided = verdict.outcome in ("CONFIRMED", "MIXED", "CONTRADICTED") and verdict.evidence not in (
        "exact",
        "paper scale",
    )
    return f"{verdict.outcome} ({verdict.evidence})" if decided else verdict.outcome


def _shown(plan: Plan, own: list[CellVerdict]) -> str:
    """The measured numbers in a sentence, where nothing may be set against the paper's."""
    note = {True: " (evaluation only)", False: ""}
    shown = [
        f"{v.cell.label} {v.mean:.2f}{v.cell.unit}{note[bool(v.measured.elsewhere)]}" for v in own if v.mean is not None
    ]
    data = ", ".join(DATASETS[name].title for name in plan.datasets)
    if not shown:
        return f"no result yet at {plan.scale} scale"
    return f"at {plan.scale} scale, on {data}, nothing is set against the paper's numbers; measured: {', '.join(shown)}"


def _shown_path(plan: Plan) -> str:
    """How a stranger would name the suite; never a path of this machine."""
    path = plan.suite.path
    if path.resolve().parent == shipped_suites().resolve():
        return f"suites/{path.name}"
    if path.is_absolute() and path in suite_files():
        return path.stem
    return path.name if path.is_absolute() else path.as_posix()


def table_of(plan: Plan) -> TableRecord | None:
    """The rows and columns of the printed table; None where the suite has none."""
    table = plan.suite.file.table
    if table is None:
        return None
    columns = [
        ColumnRecord(id=name, label=column.label, unit=column.unit or "", margin=column.margin, metric=column.metric)
        for name, column in table.columns.items()
    ]
    return TableRecord(columns=columns, rows=[RowRecord(id=name, label=row.label) for name, row in table.rows.items()])


def deviations_of(plan: Plan) -> list[DeviationRecord]:
    """The deviations that hold at this scale."""
    return [
        DeviationRecord.model_validate({"id": name, **deviation.model_dump(mode="json"), **_settled(plan, name)})
        for name, deviation in plan.suite.file.deviations.items()
        if deviation.scales is None or plan.scale in deviation.scales
    ]


def _settled(plan: Plan, deviation: str) -> dict[str, SettledRecord]:
    """The field that holds the word of the authors' release on a deviation; empty where it says nothing."""
    released = plan.suite.released
    found = None if released is None else released.of_deviation(plan.suite.name, deviation)
    return {} if found is None else {"settled": SettledRecord(**found.model_dump(mode="json", exclude={"suites"}))}


def _in_parts(plan: Plan, standing: Mapping[str, Status]) -> list[DeviationRecord]:
    """The deviations of trainings whose batches were split or shared; they are of rounding, and no suite has them."""
    ways = {
        "micro_batch": ("In parts of {} images, whose gradients are summed", "Less memory; asked for by --micro-batch"),
        "processes": ("In {} processes, whose gradients are summed", "More GPUs; asked for by --gpus or --processes"),
    }
    return [
        DeviationRecord(
            id=name,
            paper="The gradient of a batch is taken at once",
            ours=f"{ours.format(', '.join(map(str, sorted(numbers))))}; dropout draws for the whole batch",
            why=f"{why}, no part of the suite",
            expected="none but rounding",
            affects=affected,
            scales=None,
        )
        for name, (ours, why) in ways.items()
        for numbers, affected in [_said_of_trainings(name, plan, standing)]
        if affected
    ]


def _said_of_trainings(word: str, plan: Plan, standing: Mapping[str, Status]) -> tuple[set[int], list[str]]:
    """The numbers that the results of trainings have for a word, and the experiments that have one."""
    found = [(name, (standing[key].result or {}).get(word)) for (name, _), key in plan.trainings.items()]
    said = [(name, number) for name, number in found if isinstance(number, int)]
    return {number for _, number in said}, sorted({name for name, _ in said})


def _data(plan: Plan, standing: Mapping[str, Status]) -> list[DataRecord]:
    """Every split that the results saw, once for each content."""
    seen: dict[str, DataRecord] = {}
    for key, status in standing.items():
        with fitting(plan.jobs[key]):
            records = (status.result or {"data": []})["data"]
            seen |= {canonical(record): DataRecord(**record) for record in records}
    return sorted(seen.values(), key=lambda record: (record.name, record.split, record.fingerprint))


def _code_digest(plan: Plan) -> str:
    """A digest of the code of every kind of job that a plan may hold, with that of packages that its jobs name."""
    with extended(*(job.spec for job in plan.jobs.values())):
        code = "".join(lasting_digest(kind) for kind in JOBS if kind != "probe")
    return hashlib.sha256(code.encode()).hexdigest()
