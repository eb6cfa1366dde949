"""The suite file: read, typed, checked, resolved.

`load.load_suite` reads one YAML file with its paper's files (`yaml_places`), types it (`file`, `cells`, `claims`),
checks every name in it (`check_names`) and resolves every experiment at every scale (`resolve`), so that a net that
cannot be built is a fault of the file. Every fault is reported at once, each at its line and column. Nothing here
needs torch.

Registries (`MODELS`, `DATASETS`, `METRICS`, `JOBS`) map a name to a declaration without torch, so that names and
parameters are checked without it and a wrong one is answered with the nearest right one.
"""
