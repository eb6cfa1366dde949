"""Judges of a page that others wrote: axe-core for who sees or hears it otherwise, html-validate for its markup.

Both come from npm into a folder of their own; `HARNESS_NPM` names one that has them already.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("axe-core@4", "html-validate@10")

UNCERTAIN = """nodes => nodes.map(([target, html]) => {
  const one = document.querySelector(target);
  const parts = (colour) => {
    const found = colour.match(/[\\d.]+/g).map(Number);
    return found.length < 4 ? [...found, 1] : found;
  };
  const over = (front, back) => front.slice(0, 3).map((v, i) => v * front[3] + back[i] * (1 - front[3]));
  const light = (colour) => {
    const [r, g, b] = colour.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const layers = [];
  let opacity = 1;
  for (let up = one; up !== null; up = up.parentElement) {
    const style = getComputedStyle(up);
    opacity *= Number(style.opacity);
    layers.unshift(parts(style.backgroundColor));
  }
  let back = matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
  for (const layer of layers) back = over(layer, back);
  const style = getComputedStyle(one);
  const drawn = one instanceof SVGElement;
  const text = parts(drawn ? style.fill : style.color);
  text[3] *= opacity * (drawn ? Number(style.fillOpacity) : 1);
  const [low, high] = [light(over(text, back)), light(back)].sort((a, b) => a - b);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  return [(high + 0.05) / (low + 0.05), large ? 3 : 4.5, html];
})"""
"""The contrast of texts that axe does not decide, against the backgrounds of all that they lie in; and the least asked.

A drawn text lies on the page: no chart of ours fills the ground beneath its words.
"""


def installed(folder: Path) -> Path:
    """The `node_modules` that hold the judges; skips where npm is missing or cannot have them."""
    given = os.environ.get("HARNESS_NPM")
    if given:
        return Path(given) / "node_modules"
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on the PATH, which brings axe-core and html-validate")
    done = subprocess.run(
        [npm, "install", "--prefix", folder, "--no-audit", "--no-fund", "--silent", *PACKAGES],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"npm could not install {' and '.join(PACKAGES)}: {done.stderr.strip()[-200:]}")
    return folder / "node_modules"


def accessibility(tab: Any, modules: Path, *, colours_alone: bool = False) -> tuple[list[str], list[str]]:
    """The violations that axe finds on an open page, and all that it leaves open and a contrast does not settle."""
    if not tab.evaluate("typeof axe === 'object'"):
        tab.evaluate((modules / "axe-core" / "axe.min.js").read_text("utf-8"))
    asked = {"resultTypes": ["violations", "incomplete"]} | ({"runOnly": ["color-contrast"]} if colours_alone else {})
    found = tab.evaluate("asked => axe.run(document, asked)", asked)
    violations = [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]
    open_ = [one for one in found["incomplete"] if one["id"] != "color-contrast"]
    unsettled = [f"{one['id']}: {node['html']}" for one in open_ for node in one["nodes"]]
    texts = [
        [node["target"][-1], node["html"]]
        for one in found["incomplete"]
        if one["id"] == "color-contrast"
        for node in one["nodes"]
    ]
    low = [f"{ratio:.2f} of {least}: {html}" for ratio, least, html in tab.evaluate(UNCERTAIN, texts) if ratio < least]
    return violations, [*unsettled, *low]


def markup_faults(pages: Iterable[Path], modules: Path, folder: Path) -> list[str]:
    """What html-validate's recommended rules say of pages, and its errors."""
    rules = folder / "html-validate.json"
    rules.write_text('{"root": true, "extends": ["html-validate:recommended"]}', encoding="utf-8")
    command = [
        "node",
        modules / "html-validate" / "bin" / "html-validate.mjs",
        "--config",
        rules,
        "--formatter",
        "json",
    ]
    done = subprocess.run([*command, *pages], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return [
        f"{one['filePath']}:{fault['line']}: {fault['ruleId']}: {fault['message']}"
        for one in json.loads(done.stdout)
        for fault in one["messages"]
    ]
