"""Check of an image set: its layout, whether it is the official set, what is damaged, and how to repair it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from harness.data import jpeg
from harness.data.declared import Dataset, class_list_digest
from harness.data.naming import image_name
from harness.data.prepared import CopyFiles
from harness.data.sets.imagenet import class_entries, is_image
from harness.data.sets.rescaled import common_short_side, says_rescaled
from harness.errors import DataMissing
from harness.ingest.advance import Advance
from harness.ingest.archives import archive_md5, is_released, official_md5
from harness.ingest.check_result import Checked
from harness.ingest.copies import judge_copy
from harness.ingest.image_finding import KEPT, Finding, check_command
from harness.ingest.jpeg_scan import NO_STRICT_DECODER
from harness.ingest.labels import class_list, prefix, require_first_images
from harness.ingest.layouts import NOT_TOLD, find_source, in_place, kit_places, stored_splits
from harness.ingest.packed_source import packed_tally
from harness.ingest.patches import ARCHIVE, not_applied
from harness.ingest.sources import Source, image_entries
from harness.ingest.strangers import no_classes
from harness.ingest.tally import DAMAGE, Tally, expected_images, tallied
from harness.progress import Progress
from harness.stop_signal import StopSignal

SAMPLE = 500
"""Images of a split that are decoded where not all are."""


def check(
    dataset: Dataset,
    folder: Path,
    *,
    decode: bool,
    threads: int,
    progress: Progress,
    stop: StopSignal,
    kit: Path | None = None,
) -> Checked:
    """Check every image of every split below a folder; with `decode`, decode all of them.

    `kit` names a development kit that lies elsewhere. Faults become findings; raises Interrupted after a signal.
    """
    checked = Checked(dataset, folder, kit)
    _judge_strangers(checked)
    for split in stored_splits(dataset):
        try:
            source = find_source(dataset, folder, split, kit)
            if source is None:
                continue
            total = expected_images(source)
            advance = Advance(progress, f"{dataset.name}/{split}", total)
            share = SAMPLE / max(1, total)
            if source.form == "packs":
                tally = packed_tally(dataset, source, share, advance, stop)
            else:
                tally = tallied(dataset, source, 1.0 if decode else share, threads, advance, stop)
        except DataMissing as error:
            checked.wrong("unusable", f"{split}: {error}", _kit_fix(dataset, folder, str(error)))
            continue
        checked.tallies.append(tally)
        if decode:
            _judge_archive(checked, source)
    progress.clear()
    _judge(checked, decode=decode)
    return checked


def _judge_strangers(checked: Checked) -> None:
    """Add findings about folders that are no class; a damaged development kit becomes a finding too."""
    try:
        checked.findings.extend(no_classes(checked.dataset, checked.folder, checked.kit))
    except DataMissing as error:
        checked.wrong("unusable", str(error))


def _judge(checked: Checked, *, decode: bool) -> None:
    judge_copy(checked.dataset, checked.folder, checked.findings, contents=decode)
    _require_splits(checked)
    for tally in checked.tallies:
        _judge_count(checked, tally)
        if tally.source.labelled:
            _judge_classes(checked, tally)
        _judge_images(checked, tally)
        if not decode and tally.decoded < tally.images:
            checked.note("sample", tally.says_sampled())
        _judge_others(checked, tally.source)
        _judge_patches(checked, tally.source)
    _judge_forms(checked)
    if not jpeg.is_strict():
        checked.note("silent decoder", NO_STRICT_DECODER)


def _judge_forms(checked: Checked) -> None:
    """Add findings about splits that training cannot read in place.

    A split without labels is only noted, because training never reads it.
    """
    folder, fix = checked.folder, checked.prepare_command()
    fix += "  (with --unchanged, every file stays as it is)"
    for source in (tally.source for tally in checked.tallies):
        if in_place(source, folder) or source.order == NOT_TOLD:
            continue
        read = folder / source.split / ("<wnid>/*.JPEG" if source.labelled else "*.JPEG")
        says = f"{source.split}: lies as {source.form} in {source.place}, and runs read {read}"
        checked.findings.append(Finding("form", says, wrong=source.labelled, fix=fix))


def _require_splits(checked: Checked) -> None:
    """Add findings about missing splits; a split without labels is only noted."""
    dataset, folder = checked.dataset, checked.folder
    seen = {tally.source.split for tally in checked.tallies}
    said = {finding.says.partition(":")[0]: finding.code for finding in checked.findings}
    for split in stored_splits(dataset):
        if split in seen or said.get(split) == "unusable":
            continue
        if said.get(split) == "no class":
            checked.wrong("classes", f"{split}: none of its folders is one of the {dataset.classes:,} classes")
            continue
        if split in dataset.unlabelled:
            checked.note("missing", f"{split}: missing; it has no labels and is needed for a submission only")
        else:
            fix = _nearby(dataset, folder) or dataset.unlock
            checked.wrong("missing", f"{split}: missing; expected: {dataset.layout}", fix)


def _nearby(dataset: Dataset, folder: Path) -> str:
    """Return a check command for the folder above or one below, where that one holds the splits; otherwise empty."""
    try:
        near = [folder.resolve().parent, *sorted(path for path in folder.iterdir() if path.is_dir())]
    except OSError:
        return ""
    splits = stored_splits(dataset)
    main = [split for split in splits if split in ("train", "val")]
    hit = next((path for path in near if all((path / split).is_dir() for split in main)), None)
    return check_command(dataset, hit) if hit else ""


def _kit_fix(dataset: Dataset, folder: Path, error: str) -> str:
    """Return a command that unpacks the development kit, where its archive is at hand and its files are missing."""
    if "meta.mat" not in error and NOT_TOLD not in error:
        return ""
    kits = sorted(path for top in (folder, folder.parent) for path in top.glob(f"{prefix(dataset)}_devkit*.tar.gz"))
    return shlex.join(["tar", "xzf", str(kits[0]), "-C", str(folder)]) if kits else ""


def _judge_count(checked: Checked, tally: Tally) -> None:
    dataset, split = checked.dataset, tally.source.split
    official = stored_splits(dataset).get(split)
    if official is None or not dataset.exact:
        checked.note("round", f"{split}: {tally.images:,} images; only round numbers are known of {dataset.title}")
    elif tally.images != official:
        says = f"{split}: {tally.images:,} images, where {dataset.title} has {official:,}"
        checked.wrong("count", says, _fetch_again(tally.source))


def _fetch_again(source: Source) -> str:
    if source.form in ("class folders", "flat folder"):
        return f"unpack the archive of {source.split} again over {source.place}; what is there already stays"
    return f"fetch {source.place.name} again"


def _judge_others(checked: Checked, source: Source) -> None:
    """Add findings about entries that no run reads: images outside class folders, folders within them, other files."""
    if source.form == "class folders":
        _note(checked, "stray", f"{source.split}: images beside the class folders, which no run reads",
              [entry.path for entry in image_entries(source.place)],
              "sort them into the folders of their classes, or remove them")  # fmt: skip
    others = list(_others(source))
    _note(checked, "within", f"{source.split}: folders among the images, which no run reads",
          [entry.path for entry in others if Path(entry).is_dir() and source.form == "class folders"],
          "take the images out of them, into the folder of their class, or the folders away")  # fmt: skip
    files = [entry.path for entry in others if not Path(entry).is_dir()]
    _note(checked, "other", f"{source.split}: files among the images that are not called images and are left alone",
          files, wrong=False)  # fmt: skip


def _others(source: Source) -> Iterator[os.DirEntry[str]]:
    """Yield the entries among the images of a split that do not have the name of an image."""
    own = source.form == "flat folder" and source.place.name == source.split
    places = [source.place / piece.name for piece in source.pieces] if source.form == "class folders" else []
    for place in [source.place] if own else places:
        yield from (entry for entry in class_entries(place) if not is_image(entry.name))


def _note(checked: Checked, code: str, says: str, names: list[str], fix: str = "", *, wrong: bool = True) -> None:
    if names:
        checked.findings.append(Finding(code, says, wrong=wrong, fix=fix, names=names[:KEPT], count=len(names)))


def _judge_patches(checked: Checked, source: Source) -> None:
    """Check that images which the release replaced are replaced where runs read them; a copy replaces them itself."""
    if not source.patches:
        return
    if not in_place(source, checked.folder):
        checked.note("patches", f"{source.split}: {source.patches:,} images are taken from {ARCHIVE}")
    elif names := list(not_applied(source)):
        says, fix = f"{source.split}: images for which {ARCHIVE} holds replacements", checked.prepare_command()
        checked.findings.append(Finding("patches", says, fix=fix, names=names, count=len(names)))


def _judge_archive(checked: Checked, source: Source) -> None:
    """Compare an archive with its official MD5, where that is known."""
    official = official_md5(checked.dataset, source)
    if official is None:
        return
    if (found := archive_md5(source.place)) == official:
        checked.note("archive", f"{source.split}: {source.place} is the official archive, by its MD5")
    else:
        says = f"{source.split}: {source.place} has MD5 {found}, where the official archive has {official}"
        checked.wrong("archive", says, _fetch_again(source))


def _judge_classes(checked: Checked, tally: Tally) -> None:
    dataset, split, names = checked.dataset, tally.source.split, sorted(name for name in tally.classes if name)
    try:
        if dataset.class_list_digest is not None and class_list_digest(names) != dataset.class_list_digest:
            _judge_class_list(checked, tally, class_list(dataset, kit_places(dataset, checked.folder, checked.kit)))
        elif dataset.class_list_digest is not None:
            first = [tally.first.get(number) for number in range(1, 10)]
            require_first_images(dataset, split, first, str(tally.source.place))
    except DataMissing as error:
        checked.wrong("order", f"{split}: {error}")
    smallest, largest = dataset.class_sizes.get(split, (0, 10**9))
    odd = [f"{name}: {tally.classes[name]:,}" for name in names if not smallest <= tally.classes[name] <= largest]
    if odd:
        expected = f"{smallest:,}" if smallest == largest else f"{smallest:,} to {largest:,}"
        says = f"{split}: classes of other sizes than the official ones of {expected} images"
        checked.findings.append(Finding("class size", says, names=odd, count=len(odd), fix=_fetch_again(tally.source)))


def _judge_class_list(checked: Checked, tally: Tally, known: list[str] | None) -> None:
    """Add findings about missing and unknown classes, by a list at hand or by the other splits."""
    dataset, split, names = checked.dataset, tally.source.split, {name for name in tally.classes if name}
    listed = set(known or ()) or set().union(*(other.classes for other in checked.tallies)) - {""}
    if not names and tally.found.get("unlabelled"):
        tally.found["unlabelled"].fix = _kit_fix(dataset, checked.folder, NOT_TOLD) or (
            f"name the folder of the development kit: {check_command(dataset, checked.folder)} --kit DIR"
        )
        return
    checked.wrong("classes", f"{split}: its {len(names):,} classes are not the {dataset.classes:,} of {dataset.title}")
    for code, says, some in (
        ("class missing", "classes of other lists that are missing here", sorted(listed - names)),
        ("class unknown", "classes that are not in the set's list", sorted(names - set(known)) if known else []),
    ):
        if some:
            checked.findings.append(Finding(code, f"{split}: {says}", names=some, count=len(some)))


def _judge_images(checked: Checked, tally: Tally) -> None:
    """Add the findings about single images, with their fixes."""
    source = tally.source
    for code, finding in tally.found.items():
        if code == "warned" and is_released(checked.dataset, source):
            finding.wrong, finding.says = False, f"{source.split}: JPEGs that the decoder warns about, released so"
        elif code in DAMAGE:
            finding.fix = finding.fix or _damage_fix(checked, source, finding)
        elif code == "gzipped":
            finding.fix = checked.prepare_command()
        elif code == "misplaced":
            finding.fix = _move_fix(source, finding.names[0])
        checked.findings.append(finding)
    side = common_short_side(tally.short_sides.elements())
    if side is not None and not CopyFiles(checked.folder).request.exists():
        checked.wrong("rescaled", says_rescaled(source.split, side), "take the files as they were released")


def _damage_fix(checked: Checked, source: Source, finding: Finding) -> str:
    if all(Path(name.partition(": ")[0]).name.startswith("._") for name in finding.names):
        return shlex.join(["find", str(source.place), "-name", "._*", "-delete"]) + "  (files that macOS left)"
    leave = checked.prepare_command("--allow-damaged", f"{checked.damaged_share():g}")
    return f"put sound copies in their place, or leave them out of a copy, which is then not official: {leave}"


def _move_fix(source: Source, name: str) -> str:
    path = Path(name)
    wnid = image_name(path.name).wnid
    if wnid is None:
        return "remove them and fetch them again: each of their names holds two classes"
    if source.form == "flat folder":
        return f"remove the wrong list of labels, whose order is: {source.order}"
    if source.form != "class folders":
        return "fetch the archive again"
    return shlex.join(["mv", str(path), str(source.place / wnid / path.name)])
