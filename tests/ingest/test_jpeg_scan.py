"""JPEGs that decode with a warning: damage is named and harmless oddities are accepted, in every coding."""

from __future__ import annotations

import dataclasses
import hashlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_layouts import class_folders, jpeg, make_originals, saved, tars, write
from PIL import Image

from harness.data import jpeg as quick
from harness.data.decode import decode
from harness.data.spec import Prepare
from harness.errors import DataMissing
from harness.ingest.encode import Compact, Warned
from harness.ingest.jpeg_scan import FEW, remark
from tests.ingest.test_check import checked, noted, some_image, wrong
from tests.ingest.test_prepare import made

pytestmark = pytest.mark.skipif(not quick.is_strict(), reason="simplejpeg is not installed; nothing warns")
ORIGINALS = make_originals()
DATASET = ORIGINALS.declared()
EOI = b"\xff\xd9"


def picture(mode="RGB", seed=0, height=240, width=320):
    """Return noise on noise, so that every block has detail."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((width, height))
    pixels = np.asarray(coarse).astype(int) + random.integers(-25, 26, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert(mode)


CODED = {
    "baseline": ("RGB", {}),
    "progressive": ("RGB", {"progressive": True}),
    "optimised": ("RGB", {"optimize": True}),
    "restarts": ("RGB", {"restart_marker_blocks": 4}),
    "4:4:4": ("RGB", {"subsampling": "4:4:4"}),
    "4:2:2": ("RGB", {"subsampling": "4:2:2"}),
    "grey": ("L", {}),
    "inks": ("CMYK", {}),
}
"""Codings of a JPEG."""


def coded(how, seed=0):
    """Return a sound JPEG."""
    mode, options = CODED[how]
    return jpeg(picture(mode, seed), **options)


def junk(count, seed=1):
    """Return bytes without a marker."""
    return bytes(np.random.default_rng(seed).integers(0, 255, count, dtype=np.uint8))


def zeroed(data, start, length):
    """Zero part of the data, as a disk or a transfer may."""
    return data[:start] + bytes(length) + data[start + length :]


def segment(marker, payload):
    """Return a segment of a header."""
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2) + payload


DAMAGED = {
    "half of it": lambda data: data[: len(data) // 2] + EOI,
    "zeros from a third on": lambda data: zeroed(data, len(data) // 3, len(data) - len(data) // 3 - 2),
    "zeros in the middle": lambda data: zeroed(data, len(data) // 3, len(data) // 4),
    "another's second half": lambda data: data[: len(data) // 2] + junk(len(data) - len(data) // 2 - 2, 5) + EOI,
}
HARMLESS = {
    "bytes after the end": lambda data: data + junk(500),
    "an unknown version": lambda data: data.replace(b"JFIF\0\1", b"JFIF\0\7", 1),
    "a comment that ends early": lambda data: data[:2] + segment(0xFE, b"a word") + b"more" + data[2:],
    "a few bytes before the end": lambda data: data[:-2] + junk(9) + EOI,
    "padding before the end": lambda data: data[:-2] + bytes(1483) + EOI,
}


def by_pillow(data):
    """Return the pixels that Pillow decodes."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("how", CODED)
def test_of_a_sound_jpeg_nothing_is_said(how):
    """Every coding is tried."""
    assert remark(coded(how)) is None


@pytest.mark.parametrize("how", CODED)
@pytest.mark.parametrize("damage", DAMAGED)
def test_lost_pixels_are_told(how, damage):
    """Pillow decodes each silently to other pixels than were stored."""
    data = DAMAGED[damage](coded(how))
    assert (by_pillow(data) != by_pillow(coded(how))).any(2).mean() > 0.2
    found = remark(data)
    assert found is not None
    assert found.kind == "warned"


@pytest.mark.parametrize("how", CODED)
@pytest.mark.parametrize("oddity", HARMLESS)
def test_what_changes_no_pixel_is_no_damage(how, oddity):
    """Some official images have such oddities and decode to the same pixels."""
    data = HARMLESS[oddity](coded(how))
    assert (by_pillow(data) == by_pillow(coded(how))).all()
    found = remark(data)
    assert found is None or found.kind == "padded"


@settings(max_examples=40)
@given(st.sampled_from(list(CODED)), st.sampled_from(list(DAMAGED)), st.sampled_from(list(HARMLESS)), st.integers(0, 9))
def test_no_oddity_hides_a_damage(how, damage, oddity, seed):
    """The decoder reports only the first warning, which may be about an unknown header."""
    found = remark(HARMLESS[oddity](DAMAGED[damage](coded(how, seed))))
    assert found is not None
    assert found.kind == "warned"


@settings(max_examples=40)
@given(st.sampled_from(list(CODED)), st.integers(0, FEW), st.integers(0, 99))
def test_a_few_bytes_before_the_end_are_harmless(how, count, seed):
    """Their values do not matter."""
    found = remark(coded(how)[:-2] + junk(count, seed) + EOI)
    assert found is None or found.kind == "padded"


@settings(max_examples=60)
@given(st.binary(max_size=200), st.sampled_from(list(CODED)), st.integers(2, 3000))
def test_any_bytes_are_judged(junk, how, at):
    """No input raises an error."""
    data = coded(how)
    remark(b"\xff\xd8" + junk)
    remark(data[:at] + junk + data[at + len(junk) :])


def test_a_kind_the_strict_decoder_does_not_know_is_no_damage(tmp_path):
    """Unusual sampling is reported, and copied as Pillow reads it."""
    grey = jpeg(Image.new("RGB", (48, 48), (90, 90, 90)), subsampling="4:4:4")
    data = bytearray(grey)
    frame = data.index(b"\xff\xc0")
    data[frame + 11] = 0x31
    found = remark(bytes(data))
    assert found is not None
    assert found.kind == "unjudged"
    path = some_image(class_folders(ORIGINALS, tmp_path / "set"))
    write(path, bytes(data))
    document = checked(tmp_path / "set", decode=True)
    assert noted(document)["unjudged"]["names"][0].startswith(f"{path}: ")


FIRST = {next(iter(CODED)), next(iter(DAMAGED))}
PAIRS = [
    pytest.param(how, damage, marks=() if {how, damage} & FIRST else pytest.mark.nightly)
    for damage in DAMAGED
    for how in CODED
]


@pytest.mark.parametrize(("how", "damage"), PAIRS)
def test_a_check_names_it_and_a_copy_stops_at_it(tmp_path, how, damage):
    """Where that is allowed, the copy leaves it out."""
    path = some_image(class_folders(ORIGINALS, tmp_path / "set"))
    write(path, DAMAGED[damage](coded(how)))
    found = wrong(checked(tmp_path / "set", decode=True))["warned"]
    assert (found["count"], found["names"][0].startswith(f"{path}: ")) == (1, True)
    with pytest.raises(DataMissing, match=f"{path.name} is damaged"):
        made(tmp_path / "set", tmp_path / "copy")
    copy = made(tmp_path / "set", tmp_path / "copy", allow_damaged=0.1)
    assert [damaged["name"] for damaged in copy.manifest["splits"]["train"]["damaged"]] == [
        f"{path.parent.name}/{path.name}"
    ]


@pytest.mark.parametrize("oddity", HARMLESS)
def test_an_odd_image_stays(tmp_path, oddity):
    """The copy is still official."""
    path = some_image(class_folders(ORIGINALS, tmp_path / "set"))
    write(path, HARMLESS[oddity](path.read_bytes()))
    assert not wrong(checked(tmp_path / "set", decode=True))
    assert made(tmp_path / "set", tmp_path / "copy").manifest["source"]["official"]


@pytest.mark.parametrize("mode", ["CMYK", "L", "PNG"])
def test_the_known_odd_images_of_the_challenge_stay(tmp_path, mode):
    """They are CMYK, grey, and a PNG with another suffix."""
    path = some_image(class_folders(ORIGINALS, tmp_path / "set"))
    write(path, saved(picture(), "PNG") if mode == "PNG" else jpeg(picture(mode)))
    assert not wrong(checked(tmp_path / "set", decode=True))
    made(tmp_path / "set", tmp_path / "copy")


def test_what_was_released_so_is_official(tmp_path):
    """The MD5 identifies the archive, so warnings about its images do not matter."""
    odd = ORIGINALS.of("val")[0]
    data = DAMAGED["half of it"](coded("baseline"))
    images = tuple(dataclasses.replace(one, data=data) if one is odd else one for one in ORIGINALS.images)
    originals = dataclasses.replace(ORIGINALS, images=images)
    folder = tars(originals, tmp_path / "set")
    declared = originals.declared()
    assert "warned" in wrong(checked(folder, declared, decode=True))
    with pytest.raises(DataMissing, match="is damaged"):
        made(folder, tmp_path / "copy", dataset=declared)
    md5 = hashlib.md5((folder / "ILSVRC2012_img_val.tar").read_bytes()).hexdigest()
    declared.archive_md5["val"] = md5
    document = checked(folder, declared, decode=True)
    assert "released so" in noted(document)["warned"]["says"]
    assert made(folder, tmp_path / "copy", dataset=declared).manifest["source"]["official"]


def test_the_copy_does_not_depend_on_the_decoder(monkeypatch):
    """Without the strict decoder, Pillow gives the same bytes."""
    data = jpeg(picture(), quality=95)
    with_it = Compact(100, 90).copied(data)
    monkeypatch.setattr(quick, "simplejpeg", None)
    assert Compact(100, 90).copied(data) == with_it


def test_without_the_strict_decoder_it_is_said(tmp_path, monkeypatch):
    """Damage within pixels would go unnoticed there."""
    monkeypatch.setattr(quick, "simplejpeg", None)
    document = checked(class_folders(ORIGINALS, tmp_path), decode=True)
    assert "simplejpeg is not installed" in noted(document)["silent decoder"]["says"]


def test_what_was_released_is_copied_whole():
    """Only the warning is ignored."""
    data = DAMAGED["half of it"](coded("baseline"))
    with pytest.raises(Warned, match="the decoder warns: Corrupt JPEG data"):
        Compact(100, 90).copied(data)
    assert Compact(100, 90).copied(data, released=True)
    with pytest.raises(OSError, match="truncated"):
        Compact(100, 90).copied(data[: len(data) // 2], released=True)


def test_training_decodes_odd_images_as_before(tmp_path):
    """Harmless oddities change no pixel of a run."""
    for name, oddity in HARMLESS.items():
        path = write(tmp_path / f"{len(name)}.JPEG", oddity(coded("baseline")))
        pixels, _ = decode(str(path), Prepare())
        assert (pixels.transpose(1, 2, 0) == by_pillow(coded("baseline"))).all()
