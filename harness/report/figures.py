"""Draws the figures that stand for those of a paper, from what the jobs of a plan left in the store."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.data import DATASETS
from harness.errors import HarnessError
from harness.jobs.measures.net import OfNet
from harness.plan.graph import Plan
from harness.plan.status import Status
from harness.report.results.curves import Curves
from harness.report.results.document import FigureRecord
from harness.store.provenance import all_said, trained_elsewhere
from harness.store.store import JobFolder, Store
from harness.suite.file import Figure

if TYPE_CHECKING:
    from harness.models.layers import Traced
    from harness.report.page.pictures import Arrays, Picture

CHOSEN = "The images were chosen by a seeded rule, not by hand."
CAPTIONS = {
    "coefficients": "The mean coefficient of each layer: dots are seeds, lines and bands their mean and range.",
    "gradients": "Norms, for the weights of each layer, of the loss gradient and, pale, of the weight-decay term: dots "
    "are seeds, lines and bands their mean and range.",
    "kernels": "Each kernel is stretched to its own darkest and lightest weight.",
    "panel": f"{CHOSEN} Above the bars, the true label; bars are the probabilities of the labels that the net ranks "
    "first, the true one bold and in another colour.",
    "neighbours": f"{CHOSEN} Each row: a query, the training images nearest to it in the net's features, and those "
    "nearest in pixels. A cross marks another class than the query's.",
    "per_class": "Every class is a step; the dashed line is the mean over classes.",
}
"""The caption of each kind of picture: the facts that its reader needs."""

ONE_FOR_ALL = ("coefficients", "gradients")
"""Kinds drawn as one chart of every experiment and seed; of the others, each experiment's first sound seed is shown."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The results of a plan: the store, the status of each job, and why jobs failed."""

    plan: Plan
    store: Store
    standing: Mapping[str, Status]
    failed: Mapping[str, str]

    def seeds(self, experiment: str, inspection: str) -> dict[int, str]:
        """By seed, the key of the job."""
        return {seed: self.plan.inspections[experiment, inspection, seed] for seed in self.plan.seeds}

    def arrays(self, experiment: str, inspection: str) -> dict[int, Arrays]:
        """By seed, what every finished job stored; nothing of nets that diverged."""
        keys = self.seeds(experiment, inspection).items()
        folders = {seed: self.store.folder("inspect", key) for seed, key in keys if self.standing[key].result}
        return {seed: _read(folder) for seed, folder in folders.items() if folder.inspection.exists()}

    def kind(self, experiment: str, inspection: str) -> str:
        """The kind of an inspection."""
        return self.plan.suite.file.experiments[experiment].inspect[inspection].what

    def warned(self, experiment: str, inspection: str) -> str:
        """Sentences that say so, where a result is stale or rests on imported weights."""
        states = [self.standing[key] for key in self.seeds(experiment, inspection).values()]
        stale = next((f" STALE: {status.why}." for status in states if status.state == "stale"), "")
        imports = trained_elsewhere(status.result for status in states if status.result is not None)
        return stale + (f" IMPORTED: the weights were trained elsewhere ({all_said(imports)})." if imports else "")

    def missing(self, experiment: str, inspection: str) -> str:
        """Why there is nothing to draw."""
        keys = self.seeds(experiment, inspection).values()
        reasons = [self.failed[key] for key in keys if key in self.failed]
        reasons += [self.standing[key].why for key in keys if self.standing[key].state == "blocked"]
        reasons += [why for key in keys for why in (self.standing[key].result or {"absent": {}})["absent"].values()]
        finished = all(self.standing[key].result for key in keys)
        return reasons[0] if reasons else "no image of this kind" if finished else "not run yet"

    def world(self, experiments: Sequence[str]) -> str:
        """Scale and data, which every caption says."""
        names = {self.plan.experiments[name].data.name for name in experiments if name in self.plan.experiments}
        return ", ".join([f"{self.plan.scale} scale", *(DATASETS[name].title for name in sorted(names))])


def figures_of(
    plan: Plan, store: Store, standing: Mapping[str, Status], failed: Mapping[str, str], curves: Curves
) -> list[FigureRecord]:
    """Every figure of the suite for the results: a picture as a data URI with its caption, or why there is none.

    `curves` is the second document of the report. One figure gives several records where it is drawn once for each
    experiment.
    """
    shelf = Shelf(plan, store, standing, failed)
    return [
        FigureRecord(
            id=drawn.id or name,
            ref=figure.ref,
            title=figure.title,
            shows=figure.shows,
            caption=drawn.caption,
            alt=drawn.alt,
            not_run=drawn.not_run,
            svg_data_uri=drawn.svg_data_uri,
        )
        for name, figure in plan.suite.file.figures.items()
        for drawn in _drawn(shelf, name, figure, curves)
    ]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A picture with its caption, or why there is none."""

    id: str = ""
    """The id of the record, where it is not that of the figure."""
    caption: str = ""
    alt: str = ""
    not_run: str | None = None
    svg_data_uri: str | None = None


def _drawn(shelf: Shelf, name: str, figure: Figure, curves: Curves) -> Iterator[_Drawn]:
    """Every picture of one figure."""
    if figure.not_run is not None:
        yield _Drawn(not_run=figure.not_run)
    elif figure.drawing is not None:
        yield from _declared(shelf, name, figure)
    elif figure.curve is not None:
        yield _learning(shelf, figure, curves)
    else:
        yield from _inspections(shelf, name, figure)


def _declared(shelf: Shelf, name: str, figure: Figure) -> Iterator[_Drawn]:
    """The nets of the experiments, as they are declared."""
    from harness.report.page import net_drawings  # noqa: PLC0415 - matplotlib

    layers = {experiment: _layers(shelf.plan, experiment) for experiment in figure.experiments}
    if figure.drawing == "activations":
        yield _shown(net_drawings.activations(layers, figure.title), "")
        return
    for experiment, traced in layers.items():
        caption = f"Experiment {experiment}. Bars: the share of each layer in the parameters of the largest."
        picture = net_drawings.architecture(traced, figure.title)
        yield _shown(picture, caption, _numbered(name, experiment, figure))


def _layers(plan: Plan, experiment: str) -> Sequence[Traced]:
    if experiment in plan.experiments:
        return plan.experiments[experiment].traced()
    measure = plan.suite.file.experiments[experiment].measure
    assert isinstance(measure, OfNet)
    return measure.net.traced()


def _learning(shelf: Shelf, figure: Figure, curves: Curves) -> _Drawn:
    """The learning of every experiment in one chart."""
    from harness.report.page.plots import convergence  # noqa: PLC0415 - matplotlib

    assert figure.curve is not None
    arms = {name: curves.get(name, {}).get(figure.curve, {}) for name in figure.experiments}
    absent = [name for name, seeds in arms.items() if not seeds]
    threshold = figure.threshold
    level = threshold.get(shelf.plan.scale) if isinstance(threshold, dict) else threshold
    picture = convergence(arms, figure.curve, figure.title, level)
    if picture is None:
        return _Drawn(not_run=f"no learning curves of {', '.join(absent or arms)} yet")
    caption = (
        f"At {shelf.world(figure.experiments)}. Thin lines are seeds, thick ones their median, bands their range; "
        "median and band end where the first seed stops, at a cross."
    )
    return _shown(picture, caption + (f" No curves yet of {', '.join(absent)}." if absent else ""))


def _inspections(shelf: Shelf, name: str, figure: Figure) -> Iterator[_Drawn]:
    """The pictures of one inspection of the experiments."""
    inspection = figure.inspection
    assert inspection is not None
    found = {one: shelf.arrays(one, inspection) for one in figure.experiments}
    if shelf.kind(figure.experiments[0], inspection) in ONE_FOR_ALL:
        yield _together(shelf, figure, inspection, found)
        return
    for experiment, by_seed in found.items():
        drawn = _first_seed(shelf, figure, experiment, inspection, by_seed)
        yield replace(drawn, id=_numbered(name, experiment, figure))


def _together(shelf: Shelf, figure: Figure, inspection: str, found: Mapping[str, dict[int, Arrays]]) -> _Drawn:
    """One chart of every experiment that has something to show."""
    from harness.report.page import plots  # noqa: PLC0415 - matplotlib

    what = shelf.kind(figure.experiments[0], inspection)
    draw = {"coefficients": plots.coefficients, "gradients": plots.gradients}[what]
    arms = {name: {str(seed): arrays for seed, arrays in by_seed.items()} for name, by_seed in found.items() if by_seed}
    absent = [f"{name}: {shelf.missing(name, inspection)}" for name in found if name not in arms]
    if not arms:
        return _Drawn(not_run="; ".join(absent))
    counts = ", ".join(f"{name} {len(by_seed)} of {len(shelf.plan.seeds)}" for name, by_seed in arms.items())
    caption = f"At {shelf.world(list(arms))}; seeds: {counts}. {CAPTIONS[what]}"
    caption += "".join(dict.fromkeys(shelf.warned(name, inspection) for name in arms))
    return _shown(draw(arms, figure.title), " ".join([caption, *(f"Not drawn: {one}." for one in absent)]))


def _first_seed(
    shelf: Shelf, figure: Figure, experiment: str, inspection: str, by_seed: Mapping[int, Arrays]
) -> _Drawn:
    """The picture of the first seed that left one."""
    from harness.report.page import pictures, plots  # noqa: PLC0415 - matplotlib

    if not by_seed:
        return _Drawn(not_run=f"{experiment}: {shelf.missing(experiment, inspection)}")
    what = shelf.kind(experiment, inspection)
    draw: dict[str, Callable[[Arrays, str], Picture]] = {
        "kernels": pictures.kernels,
        "neighbours": pictures.neighbours,
        "panel": pictures.panel,
        "per_class": plots.per_class,
    }
    seed = min(by_seed)
    which = (
        f"seed {seed}"
        + ("" if seed == shelf.plan.seeds[0] else ", the first with a result")
        + f" of {len(shelf.plan.seeds)}"
    )
    where = f"At {shelf.world([experiment])}; experiment {experiment}, {which}."
    caption = f"{where} {CAPTIONS[what]}{shelf.warned(experiment, inspection)}"
    return _shown(draw[what](by_seed[seed], figure.title), caption)


def _shown(picture: Picture, caption: str, name: str = "") -> _Drawn:
    return _Drawn(name, caption, picture.alt, svg_data_uri=picture.data_uri)


def _numbered(name: str, experiment: str, figure: Figure) -> str:
    """The id of a record: the figure's own where it has one picture."""
    return name if len(figure.experiments) == 1 else f"{name}.{experiment}"


def _read(folder: JobFolder) -> Arrays:
    import numpy as np  # noqa: PLC0415 - a report without pictures needs none of it

    folder.check_output(folder.inspection)
    try:
        with np.load(folder.inspection, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise HarnessError(
            f"{folder.inspection} is damaged ({error}); move {folder.path} away to run it again"
        ) from None
