"""The four sizes of world that a suite can run in, from the largest to the smallest."""

from __future__ import annotations

from typing import Literal

ScaleName = Literal["paper", "subset", "small", "ci"]
SCALES: tuple[ScaleName, ...] = ("paper", "subset", "small", "ci")
