"""Gathers results.json and its parts, sets pages of it (`page`), compares two of them (`compare`)."""
