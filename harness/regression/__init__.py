"""Regression checks: has a new torch, driver or refactoring changed a reproduction that a committed baseline holds?"""
