"""The suite file: read, typed, its names checked, resolved; once each.

`load.load_suite` walks one YAML file with its paper's files through four stages:

1. `yaml_places` reads the text as plain data, with the line and column of every key.
2. `typed_yaml` turns the data into types (`file`, with the grammars in `cells` and `claims`); nothing later sees them.
3. `check_names` looks up every name of the typed file (`lookup`).
4. `resolve_scales` resolves every training at every scale (`resolve`), so that a net that cannot be built is a fault of
   the file; `warrant_checks` refuses claims that cannot fail and cells that cannot match.

A stage reports all of its faults at once, each at its line and column, and the next begins only where there is none:
faults of types come first. The `Suite` that comes out holds the typed file and the resolved trainings. Nothing here
needs torch.

Registries (`MODELS`, `DATASETS`, `METRICS`, `JOBS`) map a name to a declaration without torch, so that names and
parameters are checked without it and a wrong one is answered with the nearest right one.
"""
