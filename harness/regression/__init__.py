"""Regression checks: whether a new torch, driver or refactoring has changed what a committed baseline holds."""
