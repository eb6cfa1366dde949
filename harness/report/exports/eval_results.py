"""The scores of a suite as Hugging Face's `.eval_results/*.yaml`, which a repository of a model holds.

The form is that of the Hub's documentation: a list of entries with `dataset` (`id`, `task_id`), `value`, `date`,
`source` and `notes`. The Hub lists an entry on a leaderboard only where the data set is registered as a benchmark whose
`eval.yaml` has that task. No data set here is known to be, so `task_id` is the name of our metric, to be changed to
that of the benchmark.
"""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML

from harness.report.answers import answer_of
from harness.report.bounded import bounded, cut_in_words
from harness.report.exports.beside import in_words
from harness.report.exports.project_home import DISTRIBUTION, project_home
from harness.report.exports.tested_data import tested_on
from harness.report.page.numbers import plain
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord
from harness.vocabulary import METRICS

HUB_DATASETS = {
    "fashion_mnist": "zalando-datasets/fashion_mnist",
    "cifar10": "uoft-cs/cifar10",
    "ilsvrc2012": "ILSVRC/imagenet-1k",
}
"""Our names of data sets, and theirs on the Hub; those without one there cannot be said in this form."""


def as_eval_results(results: Results) -> str:
    """One entry a cell that is a score on a data set of the Hub; comments name all else, each with the reason."""
    entries = [_entry(results, cell) for cell in results.cells if not _left_out(results, cell)]
    head = [
        answer_of(results),
        f"{results.title}; {results.scale} scale. An entry is a mean over seeds, not the score of one model.",
        "The Hub ranks an entry only where its data set is a registered benchmark; take task_id from its eval.yaml.",
    ]
    head += [f"left out: {cell.id}: {why}" for cell in results.cells if (why := _left_out(results, cell))]
    head += [f"left out: claim {claim.id}: no score: {in_words(results, claim)}" for claim in results.claims]
    stream = io.StringIO()
    yaml = YAML()  # which keeps the order of the keys
    yaml.width = 10_000
    yaml.dump(entries, stream)
    return "".join(f"# {' '.join(line.split())}\n" for line in head) + stream.getvalue()


def _left_out(results: Results, cell: CellRecord) -> str:
    """Why a cell has no entry; empty where it has one."""
    if cell.mean is None:
        return f"nothing was measured: {cell.outcome}: {cell.reason}"
    seen = tested_on(results, cell)
    if seen is None or cell.metric not in METRICS:
        return f"no score on a data set: {in_words(results, cell)}"
    return "" if seen.name in HUB_DATASETS else f"{seen.name} is not on the Hub: {in_words(results, cell)}"


def _entry(results: Results, cell: CellRecord) -> dict[str, Any]:
    seen = tested_on(results, cell)
    assert seen is not None
    entry: dict[str, Any] = {
        "dataset": {"id": HUB_DATASETS[seen.name], "task_id": cell.metric},
        "value": cell.mean,
    }
    if results.cost.finished_at is not None:
        entry["date"] = results.cost.finished_at
    if (home := project_home()) is not None:
        entry["source"] = {"url": home, "name": DISTRIBUTION}
    return entry | {"notes": _notes(results, cell, f"{seen.count:,} images of {seen.name}/{seen.split}")}


def _notes(results: Results, cell: CellRecord, images: str) -> str:
    metric = METRICS[cell.metric or ""]
    n = cell.n or 0
    said = [f"{metric.label} in {metric.unit}, {metric.direction} is better", in_words(results, cell)]
    said.append(f"mean of {n} seed{'' if n == 1 else 's'} on {images}")
    low, high = bounded(cell, cell.interval)
    if low is not None and high is not None:
        cut = cut_in_words(cell, cell.interval)
        said.append(f"95% interval {plain(low)} to {plain(high)}{f' ({cut})' if cut else ''}")
    said += [f"printed {cell.printed}{cell.unit}", f"suite {results.suite}, cell {cell.id}"]
    said += [f"results {results.digest.document}"] if results.digest.document else []
    return "; ".join(said)
