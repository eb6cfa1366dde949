"""The compact copy of one image."""

from __future__ import annotations

import io

import numpy as np
import pytest
from image_layouts import jpeg, saved
from PIL import Image

from harness.data.decode import as_rgb, prepared
from harness.data.spec import Prepare
from harness.errors import UsageError
from harness.ingest.encode import Compact


def photograph(width=90, height=60, mode="RGB"):
    """Return an image with detail at every scale."""
    rows, columns = np.mgrid[:height, :width]
    waves = [128 + 90 * np.sin(columns / (3 + n) + n) * np.cos(rows / (5 - n)) for n in range(3)]
    return Image.fromarray(np.stack(waves, 2).astype(np.uint8)).convert(mode)


def opened(data):
    """Open a stored image."""
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_the_copy_has_the_shape_that_preparing_gives(mode):
    """Preparing it again therefore rescales nothing."""
    data = jpeg(photograph(97, 61, mode))
    assert opened(Compact(32, 90).copied(data)).size == Prepare(short_side=32).rescaled(61, 97)[::-1]


def test_a_better_quality_differs_less():
    """The measure is the loss of the copy."""
    data = jpeg(photograph(), quality=98)
    worse, better = (Compact(32, q).difference(data, Compact(32, q).copied(data))["32"] for q in (40, 95))
    assert 0 < better < worse


def test_the_difference_is_that_of_training_on_either():
    """The same code decodes, rescales and crops a run's images."""
    data = jpeg(photograph())
    compact, prepare = Compact(32, 60), Prepare(short_side=32, center=32)
    copy = compact.copied(data)
    direct, copied = (prepared(as_rgb(opened(one)), prepare).astype(float) for one in (data, copy))
    assert compact.difference(data, copy)["32"] == pytest.approx(np.abs(direct - copied).mean())


def test_larger_copies_are_also_compared_at_alexnets_side():
    """PReLU's jitter reduces them again."""
    assert (Compact(512, 90).sides, Compact(256, 90).sides, Compact(48, 90).sides) == ([256, 512], [256], [48])
    assert Compact(None, 90).sides == []


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF"])
def test_a_small_image_of_another_format_becomes_a_jpeg(form):
    """Only JPEGs stay unchanged."""
    copy = opened(Compact(256, 90).copied(saved(photograph(), form)))
    assert (copy.format, copy.size) == ("JPEG", (90, 60))


def test_a_small_jpeg_is_kept():
    """It stays the same byte for byte, without loss."""
    data = jpeg(photograph())
    assert Compact(60, 50).copied(data) == data
    assert Compact(59, 50).copied(data) != data


@pytest.mark.parametrize("short_side", [None, 32, 256])
def test_a_damaged_image_is_never_copied(short_side):
    """This holds also for one that would stay unchanged."""
    with pytest.raises(OSError, match="truncated"):
        Compact(short_side, 90).copied(jpeg(photograph())[:-500])


@pytest.mark.parametrize(("side", "quality"), [(0, 90), (256, 0), (256, 101)])
def test_settings_that_make_no_sense_are_refused(side, quality):
    """The message names the option."""
    with pytest.raises(UsageError, match="--"):
        Compact(side, quality)
