"""The types of results.json and curves.json: a report is gathered into them, and every reader takes them.

`document.Results` is the whole of results.json; `verdict_records` holds its cells and claims, `run_records` its
experiments, ensembles and measurements, `curves` the other file. `python -m harness schema results` prints the schema.
A document that does not fit is refused with the file and the field (`page.read`); fields that a later version added are
kept. Reading brings neither torch nor numpy.
"""
