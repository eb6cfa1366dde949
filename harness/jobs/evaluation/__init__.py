"""Evaluation jobs: tests of trained nets on views or on whole images, and averages over several nets."""
