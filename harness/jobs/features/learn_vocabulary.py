"""The `vocabulary` job: learns the components, and the mixture or words, of a feature from some training images."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.ranked import ranked
from harness.data.splits import Split, prefetch
from harness.jobs.features.codings import CODINGS
from harness.jobs.features.description import batches_of, describing, on_threads, processor_environment
from harness.jobs.features.feature_specs import Feature, feature_of
from harness.jobs.observe import observed, opened_split
from harness.jobs.work import Work

Floats = NDArray[np.float32]


def learn_vocabulary(work: Work) -> dict[str, Any]:
    """Learn the vocabulary that the spec declares, by its seed.

    The fit has one thread: sums over several come in no fixed order, and the vocabulary would differ from run to run.
    """
    started, spec = time.monotonic(), feature_of(work.spec)
    environment = processor_environment(work.runtime)
    with opened_split(work, work.spec["splits"][0]) as split:
        with on_threads(work.runtime.threads):
            descriptors = sampled(work, split, spec)
        with on_threads(1):
            vocabulary, values = CODINGS[spec.what].learned(descriptors, spec, work.spec["seed"])
        vocabulary.keep(work.folder)
        return {
            "outcome": "done",
            "values": values,
            "data": [observed(split, work.runtime.locations)],
            "marks": [],
            "environment": environment,
            "cost": {"seconds": time.monotonic() - started},
        }


def sampled(work: Work, split: Split, spec: Feature) -> Floats:
    """Return descriptors [M, length] of the images that the seed chooses, at most `per_image` of each."""
    seed = work.spec["seed"]
    chosen = set(ranked(split.ids, f"vocabulary {seed}")[: spec.images])
    places = np.flatnonzero([identity in chosen for identity in split.ids])
    describe, batches = describing(spec), batches_of(split, spec, places)
    found: dict[int, Floats] = {}
    for numbers, images in work.watched(prefetch(split, batches), len(batches), len(places)):
        described = describe(images.numpy())
        for place, vectors, kept in zip(numbers.tolist(), described.vectors, described.kept, strict=True):
            there = np.flatnonzero(kept)
            order = np.random.default_rng([seed, place]).permutation(len(there))[: spec.per_image]
            found[place] = vectors[there[np.sort(order)]]
    return np.concatenate([found[place] for place in sorted(found)])
