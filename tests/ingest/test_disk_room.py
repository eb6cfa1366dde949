"""The estimate of a copy's size."""

from __future__ import annotations

import pytest
from image_layouts import class_folders, make_originals, tars

from harness.ingest.disk_room import BLOCK, RECORD, estimated
from harness.ingest.encode import Compact
from harness.ingest.layouts import find_source
from harness.ingest.tally import expected_images

ORIGINALS = make_originals(train=30)


@pytest.mark.parametrize("layout", [class_folders, tars])
def test_the_estimate_is_near_what_it_takes(tmp_path, layout):
    """A sample of at most 64 images is enough, also for the number of images in unread archives."""
    source = find_source(ORIGINALS.declared(), layout(ORIGINALS, tmp_path), "train")
    images, compact = expected_images(source), Compact(48, 90)
    assert images == pytest.approx(120, rel=0.2)
    room = estimated([source], images, compact)
    taken = sum(-(-len(compact.copied(image.data)) // BLOCK) * BLOCK + RECORD for image in ORIGINALS.of("train"))
    assert room.sampled <= 64
    assert room.bytes == pytest.approx(taken, rel=0.25)


@pytest.mark.parametrize("form", ["jpeg", "raw"])
def test_the_estimate_of_packs_counts_what_lies_in_them(tmp_path, form):
    """Files in packs waste no blocks, and pixels take more room than JPEGs."""
    source = find_source(ORIGINALS.declared(), class_folders(ORIGINALS, tmp_path), "train")
    compact = Compact(48, 90, form)
    taken = sum(len(compact.stored(compact.copied(image.data))) + RECORD for image in ORIGINALS.of("train"))
    assert estimated([source], 120, compact).bytes == pytest.approx(taken, rel=0.25)


def test_a_set_of_damaged_images_has_an_estimate(tmp_path):
    """The copy itself will name them."""
    folder = class_folders(ORIGINALS, tmp_path)
    for image in (folder / "train").rglob("*.JPEG"):
        image.write_bytes(b"")
    source = find_source(ORIGINALS.declared(), folder, "train")
    assert estimated([source], 120, Compact(48, 90)).sampled == 0
