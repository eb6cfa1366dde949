"""The `encode` job: turns every image of a split into one code, by the vocabulary of its feature."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from harness.data.splits import Split, prefetch
from harness.jobs.features.codes import unfinished_codes
from harness.jobs.features.codings import CODINGS
from harness.jobs.features.description import batches_of, describing, on_threads, processor_environment
from harness.jobs.features.feature_specs import Feature, feature_of
from harness.jobs.observe import observed, opened_split
from harness.jobs.work import Work


def encode(work: Work) -> dict[str, Any]:
    """Encode the split that the spec names; a job that was killed goes on after its last whole batch."""
    started, spec = time.monotonic(), feature_of(work.spec)
    environment = processor_environment(work.runtime)
    vocabulary = CODINGS[spec.what].read(work.inputs["vocabulary"])
    with opened_split(work, work.spec["splits"][0]) as split, on_threads(work.runtime.threads):
        encode_split(work, split, vocabulary, spec)
        return {
            "outcome": "done",
            "values": {"numbers": float(spec.numbers())},
            "data": [observed(split, work.runtime.locations)],
            "marks": [],
            "environment": environment,
            "cost": {"seconds": time.monotonic() - started},
        }


def encode_split(work: Work, split: Split, vocabulary: Any, spec: Feature) -> None:
    """Write the codes of a split batch by batch; memory holds one batch, and the next images."""
    describe, encoded = describing(spec), CODINGS[spec.what].encoded
    batches = batches_of(split, spec, np.arange(split.count))
    with unfinished_codes(work.folder, split.count, spec.numbers()) as unfinished:
        rest = batches[unfinished.pieces :]
        passing = work.watched(prefetch(split, rest, depth=1), len(rest), sum(map(len, rest)))
        for piece, (places, images) in enumerate(passing, start=unfinished.pieces):
            rows = encoded(describe(images.numpy()), vocabulary, spec).astype(np.float32, copy=False)
            unfinished.add(piece, places.numpy(), rows)
