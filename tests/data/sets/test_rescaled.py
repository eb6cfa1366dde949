"""Tests that images rescaled by somebody are told from released ones."""

from __future__ import annotations

import pytest
from image_layouts import class_folders, jpeg, make_originals, write
from PIL import Image

from harness.data.fingerprint import official
from harness.data.locate import Found
from harness.data.sets.rescaled import common_short_side, rescaled_to

ORIGINALS = make_originals(classes=40, train=1, val=1, test=1)


@pytest.mark.parametrize(
    ("sides", "common"),
    [
        ([256] * 32, 256),
        ([256] * 31, None),
        ([256] * 62 + [200, 100], 256),
        ([375] * 50 + [333] * 50, None),
        ([], None),
    ],
)
def test_nearly_all_have_to_be_alike(sides, common):
    """Nearly all of enough images must share a shorter side; in ImageNet itself about half do."""
    assert common_short_side(sides) == common


def test_images_as_they_were_released_differ(tmp_path):
    """Images as released differ in size and count as official."""
    folder = class_folders(ORIGINALS, tmp_path)
    assert rescaled_to(folder, "train") is None
    assert official(ORIGINALS.declared(), Found(folder, "test")).yes


def test_a_rescaled_set_without_a_manifest_is_not_official(tmp_path):
    """A rescaled set without a manifest is not official, although classes and counts match."""
    folder = class_folders(ORIGINALS, tmp_path)
    for image in (folder / "train").rglob("*.JPEG"):
        write(image, jpeg(Image.open(image).convert("RGB").resize((80, 48))))
    standing = official(ORIGINALS.declared(), Found(folder, "test"))
    assert (standing.yes, rescaled_to(folder, "train")) == (False, 48)
    assert standing.reason == (
        "the images of train have a shorter side of 48 pixels: a rescaled copy, and no manifest says how"
    )


def test_files_that_cannot_be_read_say_nothing(tmp_path):
    """Unreadable files are ignored here; other checks report them."""
    folder = class_folders(ORIGINALS, tmp_path)
    for image in (folder / "train").rglob("*.JPEG"):
        write(image, b"")
    assert rescaled_to(folder, "train") is None
