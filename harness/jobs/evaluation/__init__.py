"""Evaluation: tests of nets, dense ones, and averages of several nets."""
