#!/usr/bin/env bash
# torch 2.7.0 draws other dropouts on a CPU than 2.6.0 from the same seed, while its other draws stay the same.
#
# A seed that gave the same first weights, orders of images and noise under both versions still trains another net,
# because `bernoulli_` alone, which dropout draws with, has another stream. A check of the first weights shows nothing.
#
# Seen: 1,000 draws from seed 3: normal_, uniform_, randperm and randint agree in every bit; bernoulli_(0.5) differs
# in 492 of them.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/draw.py" <<'PY'
import sys

import torch


def seeded():
    return torch.Generator().manual_seed(3)


draws = {
    "normal_": torch.empty(1000).normal_(generator=seeded()),
    "uniform_": torch.empty(1000).uniform_(generator=seeded()),
    "randperm": torch.randperm(1000, generator=seeded()),
    "randint": torch.randint(100, (1000,), generator=seeded()),
    "bernoulli_": torch.empty(1000).bernoulli_(0.5, generator=seeded()),
}
torch.save(draws, sys.argv[1])
PY
for version in 2.6.0 2.7.0; do
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir torch==$version numpy==2.2.6
    "$folder/venv/bin/python" "$folder/draw.py" "$folder/$version.pt"
    [ $version = 2.7.0 ] || rm -rf "$folder/venv"
done
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import torch

before, after = (torch.load(f"{sys.argv[1]}/{version}.pt") for version in ("2.6.0", "2.7.0"))
others = {name: int((before[name] != after[name]).sum()) for name in before}
for name, count in others.items():
    print(f"{name}: {count} of 1,000 draws differ")
assert others.pop("bernoulli_") == 492, "the behaviour has changed"
assert not any(others.values()), "the behaviour has changed"
PY
