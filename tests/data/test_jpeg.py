"""Tests of the fast JPEG decoder against Pillow."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.data import jpeg
from harness.data.decode import Window, decode, decode_window
from harness.data.spec import Prepare
from harness.errors import DataMissing

quick = pytest.mark.skipif(jpeg.simplejpeg is None, reason="simplejpeg is not installed; Pillow decodes every image")


def picture(height: int, width: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """Return coarse noise with fine noise on it, so that all frequencies and colours matter."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize((width, height))
    pixels = np.asarray(coarse).astype(int) + random.integers(-20, 21, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert(mode)


def stored(image: Image.Image, **options: object) -> bytes:
    """Encode a JPEG."""
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def by_pillow(data: bytes) -> np.ndarray:
    """Decode RGB pixels by Pillow."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@quick
@settings(max_examples=60)
@given(
    st.integers(1, 90), st.integers(1, 90), st.integers(1, 100), st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
    st.booleans(), st.sampled_from(["RGB", "L"]), st.integers(0, 1000),
)  # fmt: skip
def test_every_pixel_is_pillows(
    height: int,
    width: int,
    quality: int,
    subsampling: str,
    progressive: bool,  # noqa: FBT001 - hypothesis' way
    mode: str,
    seed: int,
) -> None:
    """Every pixel equals Pillow's for any size, quality, subsampling, order of coefficients and colour."""
    image = picture(height, width, mode, seed)
    options = {} if mode == "L" else {"subsampling": subsampling}
    data = stored(image, quality=quality, progressive=progressive, **options)
    found = jpeg.decoded(data)
    assert found is not None
    assert found[1] == mode
    assert np.array_equal(found[0], by_pillow(data))


@quick
def test_colours_stored_as_they_are_are_pillows_too() -> None:
    """JPEGs stored in RGB equal Pillow's too."""
    data = stored(picture(40, 50), keep_rgb=True)
    found = jpeg.decoded(data)
    assert found is not None
    assert np.array_equal(found[0], by_pillow(data))


@quick
@pytest.mark.parametrize("what", ["inks", "another format", "cut short", "damaged inside", "nothing", "huge"])
def test_what_is_not_plain_is_left_to_pillow(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inks, other formats, huge images and damaged files are left to Pillow."""
    data = stored(picture(64, 64))
    png = io.BytesIO()
    picture(8, 8).save(png, "PNG")
    broken = bytearray(data)
    broken[len(data) // 2 : len(data) // 2 + 4] = b"\xff\xd3\xff\xd4"
    assert jpeg.decoded(data) is not None
    if what == "huge":
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 64 - 1)
    kinds = {
        "inks": stored(picture(64, 64, "CMYK")),
        "another format": png.getvalue(),
        "cut short": data[: len(data) // 2],
        "damaged inside": bytes(broken),
        "nothing": b"",
        "huge": data,
    }
    assert jpeg.decoded(kinds[what]) is None


@quick
def test_chroma_of_a_rare_sampling_is_left_to_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The strict decoder then fails with the number of the sampling, for which it has no name."""

    def header(_: bytes) -> None:
        raise KeyError(6)

    monkeypatch.setattr(jpeg.simplejpeg, "decode_jpeg_header", header)
    assert jpeg.decoded(stored(picture(40, 50))) is None


@pytest.mark.parametrize("prepare", [Prepare(), Prepare(short_side=32, center=32), Prepare(center=20, pad=2)])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_images_are_the_same_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare: Prepare, mode: str
) -> None:
    """Images are the same without the fast decoder, prepared or as a view."""
    path, window = str(tmp_path / "image.JPEG"), Window(40, 0.3, 0.8, 28)
    Path(path).write_bytes(stored(picture(45, 71, mode)))
    (image, said), (view, _) = decode(path, prepare), decode_window(path, window)
    monkeypatch.setattr(jpeg, "simplejpeg", None)
    (plain, also_said), (plain_view, _) = decode(path, prepare), decode_window(path, window)
    assert said == also_said == mode
    assert np.array_equal(image, plain)
    assert np.array_equal(view, plain_view)


def test_a_little_damage_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    """Slight damage that only a strict decoder reports is read as Pillow reads it."""
    data = stored(picture(64, 64))
    end = data.rindex(b"\xff\xd9")
    path = tmp_path / "trailing.JPEG"
    path.write_bytes(data[:end] + b"\0\0\0" + data[end:])
    pixels, _ = decode(str(path), Prepare())
    assert np.array_equal(pixels.transpose(1, 2, 0), by_pillow(path.read_bytes()))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A missing file is reported by name."""
    with pytest.raises(DataMissing, match=r"gone\.JPEG: cannot be decoded"):
        decode(str(tmp_path / "gone.JPEG"), Prepare())
