"""Every mode and depth of a PNG, and the deep modes of other formats: correct levels, or refused by name."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_layouts import class_folders, make_originals, saved, write
from PIL import Image

from harness.data.decode import as_rgb, decode, eight_bits
from harness.data.spec import Prepare
from harness.errors import DataMissing
from harness.ingest.encode import Compact
from harness.ingest.reference import central_square, levels
from tests.ingest.test_check import checked, some_image, wrong
from tests.ingest.test_prepare import made

ORIGINALS = make_originals()
DEPTHS = {"grey": (0, 1, (1, 2, 4, 8, 16)), "colour": (2, 3, (8, 16)), "grey and alpha": (4, 2, (8, 16)),
          "colour and alpha": (6, 4, (8, 16))}  # fmt: skip
"""PNG's kinds of images: their number, the values of a pixel, and the possible bit depths."""
KINDS = [(kind, depth) for kind, (_, _, depths) in DEPTHS.items() for depth in depths]


def png(values, kind, depth):
    """Write a PNG by its definition; values [height, width, channels] run from 0 to 2 ** depth - 1."""
    height, width, _ = values.shape
    bits = np.unpackbits(values.astype(">u2")[..., None].view(np.uint8), axis=-1)[..., 16 - depth :]
    rows = np.packbits(bits.reshape(height, -1), axis=-1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, DEPTHS[kind][0], 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def expected(values, kind, depth):
    """Return the levels in RGB: white is the largest value of the depth, and transparency is ignored."""
    colours = values[..., :3] if kind.startswith("colour") else values[..., :1].repeat(3, -1)
    return 255 * colours / (2**depth - 1)


def drawn(kind, depth, seed=0, shape=(23, 31)):
    """Return random values over the whole range."""
    return np.random.default_rng(seed).integers(0, 2**depth, (*shape, DEPTHS[kind][1]))


def ramp(depth=16, shape=(40, 60)):
    """Return grey values from black to white."""
    return np.linspace(0, 2**depth - 1, shape[1]).round().astype(int)[None, :, None].repeat(shape[0], 0)


@pytest.mark.parametrize(("kind", "depth"), KINDS)
def test_a_run_sees_the_levels_of_every_depth(tmp_path, kind, depth):
    """Levels agree within one of 256."""
    values = drawn(kind, depth)
    pixels, _ = decode(str(write(tmp_path / "x.JPEG", png(values, kind, depth))), Prepare())
    assert np.abs(pixels.transpose(1, 2, 0) - expected(values, kind, depth)).max() <= 1


@pytest.mark.parametrize(("kind", "depth"), KINDS)
def test_the_reference_has_them_by_its_own_formula(kind, depth):
    """Levels agree within one of 256."""
    values = drawn(kind, depth)
    with Image.open(io.BytesIO(png(values, kind, depth))) as image:
        assert np.abs(levels(image).astype(int) - expected(values, kind, depth)).max() <= 1


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_grey_of_any_size_and_depth_is_the_nearest_level(which, seed, height, width):
    """16-bit grey gives the nearest level, where Pillow would clip at 255; 16-bit colours give their high byte."""
    kind, depth = which
    values = drawn(kind, depth, seed, (height, width))
    with Image.open(io.BytesIO(png(values, kind, depth))) as image:
        found = np.asarray(as_rgb(image)).astype(int)
    assert np.abs(found - expected(values, kind, depth)).max() <= (0.5 if (kind, depth) == ("grey", 16) else 1)


@pytest.mark.parametrize("kind", DEPTHS)
def test_a_copy_of_deep_colours_is_a_ramp(kind):
    """The copy runs from black to white, and grey stays grey."""
    values = ramp().repeat(DEPTHS[kind][1], -1)
    with Image.open(io.BytesIO(Compact(40, 95).copied(png(values, kind, 16)))) as copy:
        assert copy.mode == ("L" if kind == "grey" else "RGB")
        found = np.asarray(copy.convert("RGB")).astype(float)
    assert np.abs(found - expected(values, kind, 16)).mean() < 1


@pytest.mark.parametrize("broken", ["white", "black"])
def test_the_reference_sees_a_copy_that_is_wrong(broken):
    """A broken copy differs from the reference, which shares no code with the making of copies."""
    data = png(ramp(), "grey", 16)
    copy = saved(Image.new("L", (60, 40), 255 if broken == "white" else 0), "JPEG")
    assert Compact(32, 90).difference(data, copy)["32"] > 60
    assert Compact(32, 90).difference(data, Compact(32, 90).copied(data))["32"] < 2


FLOATS = np.linspace(0, 1, 2400, dtype=np.float32).reshape(40, 60)
UNCLEAR = {
    "float TIFF": (Image.fromarray(FLOATS), "TIFF"),
    "32-bit TIFF": (Image.fromarray((FLOATS * 2**20).astype(np.int32)), "TIFF"),
    "16-bit TIFF": (Image.fromarray((FLOATS * 4095).astype(np.uint16)), "TIFF"),
}
"""Images that do not define which value is white."""


@pytest.mark.parametrize("what", UNCLEAR)
def test_what_does_not_say_what_is_white_is_refused(tmp_path, what):
    """A check refuses it by its header, as do a copy and a run; each names the file."""
    path = some_image(class_folders(ORIGINALS, tmp_path / "set"))
    write(path, saved(*UNCLEAR[what]))
    found = wrong(checked(tmp_path / "set", ORIGINALS.declared()))["deep"]
    assert found["names"][0].startswith(f"{path}: a TIFF of mode ")
    for more in ({}, {"compact": Compact(None, 90)}):
        with pytest.raises(DataMissing, match=f"{path.name} is damaged .*does not say which number is white"):
            made(tmp_path / "set", tmp_path / f"copy{len(more)}", **more)
    with pytest.raises(DataMissing, match=f"{path.name}.*does not say which number is white"):
        decode(str(path), Prepare())


def test_images_of_eight_bits_are_left_alone():
    """The very same object is returned."""
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"):
        image = Image.new(mode, (2, 2))
        assert eight_bits(image) is image


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV"])
def test_the_reference_knows_every_mode(mode):
    """Its levels agree with training within one."""
    picture = Image.effect_noise((30, 20), 90).convert("RGB").convert(mode)
    assert np.abs(levels(picture).astype(int) - np.asarray(as_rgb(picture)).astype(int)).max() <= 1


def test_the_measure_cuts_as_training_does():
    """The central square has the requested shorter side."""
    data = png(drawn("colour", 8, shape=(50, 90)), "colour", 8)
    assert central_square(data, 32).shape == (3, 32, 32)
