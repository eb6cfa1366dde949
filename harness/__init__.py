"""A reproducibility harness: declarative suites in, one honest report per table or figure of a paper out.

Vocabulary (one noun, one frozen type): a *suite* is one YAML file for one table, figure or group of claims; an
*experiment* in it is a training with evaluations; a *scale* is the size of its data, nets and training; a *cell* is one
printed number; a *claim* is a relation that the paper asserts; a *deviation* is a difference of ours from the paper; a
*job* is one unit of work with a content address; a *plan* is the graph of jobs; a *result* is the outcome of a finished
job in the store; a *verdict* is an outcome with its evidence.

Other people's code may import `harness.testing`, whose results the pytest plugin passes to tests, and `__version__`; it
may run the command `paper-harness`. Everything else is private and may change with any release.
"""

__version__ = "0.2.0"
