"""The files of jobs over codes: vocabularies, the codes of a split, classifiers, and the state of unfinished work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CodeFiles:
    """The paths of these files in the directory of one job."""

    path: Path

    @property
    def vocabulary(self) -> Path:
        """Path of `vocabulary.npz`: the principal components and the mixture that codes are made by."""
        return self.path / "vocabulary.npz"

    @property
    def codes(self) -> Path:
        """Path of `codes.npy`: one code an image, in the order of the split."""
        return self.path / "codes.npy"

    @property
    def classifier(self) -> Path:
        """Path of `classifier.npz`: the weights of a classifier of codes."""
        return self.path / "classifier.npz"

    @property
    def partial(self) -> Path:
        """Path of the state from which an interrupted job over codes resumes."""
        return self.path / "partial"

    @property
    def of_codes(self) -> tuple[Path, ...]:
        """Paths of those that are outputs."""
        return (self.vocabulary, self.codes, self.classifier)
