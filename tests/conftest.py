"""Leaves torch as each test found it: jobs set its threads and its determinism for the whole process."""

import sys

import pytest


@pytest.fixture(autouse=True)
def torch_as_it_was():
    """Put threads and determinism back after a test that ran a job."""
    torch = sys.modules.get("torch")
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) if torch else None
    yield
    if torch := sys.modules.get("torch"):
        threads, deterministic = before or (torch.get_num_threads(), False)
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)
