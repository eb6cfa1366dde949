"""One miniature ImageNet on disk in every supported layout, and every kind of damage."""

from __future__ import annotations

import dataclasses
import functools
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from image_folders import stored_as, textured
from PIL import Image
from scipy.io import savemat

from harness.data import DATASETS
from harness.data.declared import Dataset, class_list_digest


@dataclass(frozen=True)
class Stored:
    """One image as it is released."""

    split: str
    name: str
    wnid: str
    """Its class, also for a test image, whose label is not released."""
    data: bytes


@dataclass(frozen=True)
class Originals:
    """A miniature challenge: its images, and its classes in the order of its development kit."""

    prefix: str
    images: tuple[Stored, ...]
    kit_order: tuple[str, ...]

    @property
    def wnids(self) -> list[str]:
        """The sorted classes."""
        return sorted(self.kit_order)

    def of(self, split: str) -> list[Stored]:
        """Return the images of a split."""
        return [image for image in self.images if image.split == split]

    def declared(self, name: str = "ilsvrc2012") -> Dataset:
        """Return a declaration whose official set is these images."""
        counts = {split: len(self.of(split)) for split in ("train", "val", "test")}
        digest = class_list_digest(self.wnids)
        return dataclasses.replace(
            DATASETS[name], splits=counts, classes=len(self.wnids), class_list_digest=digest,
            class_sizes={s: (n // len(self.wnids), n // len(self.wnids)) for s, n in counts.items()}, archive_md5={},
            first_classes={"val": tuple(image.wnid for image in self.of("val")[:4])},
        )  # fmt: skip


@functools.lru_cache(maxsize=4)
def make_originals(
    *, classes: int = 4, train: int = 6, val: int = 2, test: int = 2, seed: int = 0, prefix: str = "ILSVRC2012",
    scale: int = 1,
) -> Originals:  # fmt: skip
    """Make so many images per class, named as in the challenge; `scale` enlarges them."""
    random = np.random.default_rng(seed)
    wnids = [f"n{10_000_000 + 137 * number:08d}" for number in range(classes)]
    images = []
    for split, count in {"train": train, "val": val, "test": test}.items():
        owners = np.repeat(np.arange(classes), count)
        if split != "train":
            random.shuffle(owners)
        for place, owner in enumerate(owners.tolist()):
            name = f"{wnids[owner]}_{place}.JPEG" if split == "train" else f"{prefix}_{split}_{place + 1:08d}.JPEG"
            picture = stored_as(place, textured(owner, classes, random))
            picture = picture.resize((picture.width * scale, picture.height * scale))
            images.append(Stored(split, name, wnids[owner], jpeg(picture)))
    kit_order = (
        tuple(wnids[(place * 3 + 2) % classes] for place in range(classes)) if classes % 3 else tuple(wnids[::-1])
    )
    return Originals(prefix, tuple(images), kit_order)


def jpeg(image: Image.Image, **options: object) -> bytes:
    """Encode an image as JPEG."""
    return saved(image, "JPEG", **{"quality": 90} | options)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """Encode an image in a format."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def write(path: Path, data: bytes | str) -> Path:
    """Write a file and create its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def class_folders(originals: Originals, folder: Path) -> Path:
    """Write {train,val}/<wnid>/*.JPEG and test/*.JPEG, or test/<wnid>/*.JPEG where its labels are known."""
    for image in originals.images:
        flat = image.split == "test" and originals.prefix != "ILSVRC2010"
        below = image.split if flat else f"{image.split}/{image.wnid}"
        write(folder / below / image.name, image.data)
    return folder


def flat_val(originals: Originals, folder: Path) -> Path:
    """Write training images in class folders, validation and test images in one folder each, and the kit."""
    for image in originals.images:
        below = f"{image.split}/{image.wnid}" if image.split == "train" else image.split
        write(folder / below / image.name, image.data)
    kit(originals, folder / f"{originals.prefix}_devkit_t12" / "data")
    return folder


def kit(originals: Originals, folder: Path, order: tuple[str, ...] | None = None) -> Path:
    """Write the files of a development kit: meta.mat, with one category above the others, and the ground truth."""
    order = order or originals.kit_order
    folder.mkdir(parents=True, exist_ok=True)
    field = f"{originals.prefix}_ID"
    rows = [(number, name, 0) for number, name in enumerate(order, start=1)] + [(len(order) + 1, "n00000001", 2)]
    table = np.array(rows, dtype=[(field, "i4"), ("WNID", "O"), ("num_children", "i4")])
    savemat(folder / "meta.mat", {"synsets": table.reshape(-1, 1)})
    for split, said in {"val": "validation", "test": "test"}.items():
        if split == "val" or originals.prefix == "ILSVRC2010":  # the only year whose test labels are known
            numbers = [order.index(image.wnid) + 1 for image in originals.of(split)]
            write(folder / f"{originals.prefix}_{said}_ground_truth.txt", "".join(f"{number}\n" for number in numbers))
    return folder


def kaggle(originals: Originals, folder: Path) -> Path:
    """Write ILSVRC/Data/CLS-LOC/{train,val,test} with LOC_val_solution.csv and LOC_synset_mapping.txt."""
    for image in originals.images:
        below = f"{image.split}/{image.wnid}" if image.split == "train" else image.split
        write(folder / "ILSVRC/Data/CLS-LOC" / below / image.name, image.data)
    rows = [f"{Path(image.name).stem},{image.wnid} 1 2 3 4 \n" for image in originals.of("val")]
    write(folder / "LOC_val_solution.csv", "ImageId,PredictionString\n" + "".join(rows[::-1]))
    write(folder / "LOC_synset_mapping.txt", "".join(f"{name} some, words\n" for name in originals.wnids))
    return folder


def tar_bytes(files: Iterator[tuple[str, bytes]] | list[tuple[str, bytes]]) -> bytes:
    """Return an uncompressed archive."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def class_tars(originals: Originals) -> list[tuple[str, bytes]]:
    """Return (file name, content) of each class's archive."""
    by_class = {wnid: [(i.name, i.data) for i in originals.of("train") if i.wnid == wnid] for wnid in originals.wnids}
    return [(f"{wnid}.tar", tar_bytes(files)) for wnid, files in by_class.items()]


def tars(originals: Originals, folder: Path) -> Path:
    """Write the archives as released, and the development kit."""
    write(folder / f"{originals.prefix}_img_train.tar", tar_bytes(class_tars(originals)))
    for split in ("val", "test"):
        files = [(f"./{image.name}", image.data) for image in originals.of(split)]
        write(folder / f"{originals.prefix}_img_{split}.tar", tar_bytes(files))
    kit(originals, folder / f"{originals.prefix}_devkit_t12" / "data")
    return folder


def unpacked_once(originals: Originals, folder: Path) -> Path:
    """Write the training archive unpacked, with the archives of its classes packed."""
    for name, data in class_tars(originals):
        write(folder / "train" / name, data)
    for image in originals.images:
        if image.split != "train":
            below = image.split if image.split == "test" else f"{image.split}/{image.wnid}"
            write(folder / below / image.name, image.data)
    return folder


def parquet(originals: Originals, folder: Path, *, labels: list[str] | None = None) -> Path:
    """Write data/{train,validation,test}-*.parquet as on Hugging Face; `labels` gives another order of classes."""
    import pyarrow as pa
    from pyarrow import parquet as files

    names = labels or originals.wnids
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    for split, said in {"train": "train", "val": "validation", "test": "test"}.items():
        images = originals.of(split)
        rows = [
            {
                "bytes": image.data,
                "path": image.name if split == "test" else image.name.replace(".JPEG", f"_{image.wnid}.JPEG"),
            }
            for image in images
        ]
        numbers = [-1 if split == "test" else names.index(image.wnid) for image in images]
        table = pa.table({"image": pa.array(rows, kind), "label": pa.array(numbers, pa.int64())})
        half = len(images) // 2
        for part, piece in enumerate((table.slice(0, half), table.slice(half))):
            path = folder / "data" / f"{said}-{part:05d}-of-00002.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_table(piece, path, row_group_size=5)
    return folder


LAYOUTS = {
    "class folders": class_folders,
    "flat val": flat_val,
    "kaggle": kaggle,
    "tars": tars,
    "unpacked once": unpacked_once,
}
"""Layouts that need no optional library."""
