"""Says in one line what a report is of: nets, seeds, the data really used, and the paper's data that were not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.report.kept_suite import data_title, paper_data
from harness.report.results.document import Results

_SPLITS = {"val": "validation"}


def data_used(results: Results) -> list[str]:
    """The titles of the data sets that the jobs of a report saw."""
    return [data_title(name) for name in dict.fromkeys(record.name for record in results.data)]


def data_not_used(results: Results) -> list[str]:
    """The titles of the data sets that the paper's experiments need and no job of a report saw."""
    return [title for title in paper_data(results) if title not in data_used(results)]


def what_was_run(results: Results) -> str:
    """The nets, measurements and data of a report, in one sentence; and the paper's data that it did without."""
    said = "; ".join([*_nets(results), *_classifications(results), *_measurements(results)])
    absent = data_not_used(results)
    without = f" The paper's own data, {' and '.join(absent)}, were not used." if absent else ""
    return f"{said[:1].upper()}{said[1:] or 'Nothing was run'}.{without}"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "net"), counted(2, "net")
    ('1 net', '2 nets')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _nets(results: Results) -> Iterator[str]:
    jobs = [(name, job) for name, one in results.experiments.items() for job in one.jobs]
    trained = [name for name, job in jobs if job.outcome in ("done", "diverged")]
    given = sum(job.outcome == "imported" for _, job in jobs)
    diverged = [f"{name} seed {job.seed}" for name, job in jobs if job.outcome == "diverged"]
    if trained:
        made = f"{counted(len(trained), 'net')}{_kinds(trained)}"
        yield f"{made} trained on {_seen(results, trained=True)}{_tests(results)}"
    if given:
        yield f"{counted(given, 'net')} trained elsewhere, tested here{_tests(results) if not trained else ''}"
    if diverged:
        yield f"{counted(len(diverged), 'net')} diverged: {', '.join(diverged)}"


def _kinds(trained: list[str]) -> str:
    """How the nets fall into kinds and seeds, where every kind has as many."""
    kinds = len({*trained})
    even = len({trained.count(name) for name in trained}) == 1
    return f" ({kinds} kinds, {counted(len(trained) // kinds, 'seed')} each)" if kinds > 1 and even else ""


def _tests(results: Results) -> str:
    seen = _seen(results, trained=False)
    return f", tested on {seen}" if seen else ""


def _seen(results: Results, *, trained: bool) -> str:
    """Images of every data set, split by split: `10,000 test and 5,000 validation images of Fashion-MNIST`."""
    counts: dict[str, dict[str, set[int]]] = {}
    for record in results.data:
        if (record.split == "train") == trained:
            counts.setdefault(data_title(record.name), {}).setdefault(record.split, set()).add(record.count)
    return " and ".join(f"{_images(splits)} images of {title}" for title, splits in counts.items())


def _images(splits: Mapping[str, Iterable[int]]) -> str:
    said = []
    for split, counts in splits.items():
        *first, last = (f"{count:,}" for count in sorted(counts))
        number = f"{', '.join(first)} or {last}" if first else last
        said.append(number if split == "train" else f"{number} {_SPLITS.get(split, split)}")
    return " and ".join(said)


def _classifications(results: Results) -> Iterator[str]:
    tests = [one for system in results.classifications.values() for one in system.tests if one.outcome]
    if tests:
        named = " and ".join(dict.fromkeys(name for name, one in results.classifications.items() if one.tests))
        trained, tested = _seen(results, trained=True), _seen(results, trained=False)
        alone = not any(job.outcome in ("done", "diverged") for one in results.experiments.values() for job in one.jobs)
        images = f", learned on {trained} and tested on {tested}" if alone else ""
        yield f"{counted(len(tests), 'test')} of classifiers without a net ({named}){images}"


def _measurements(results: Results) -> Iterator[str]:
    measured = sum(any(job.values for job in one.jobs) for one in results.measurements.values())
    if measured:
        yield f"{counted(measured, 'measurement')} without training or data"
