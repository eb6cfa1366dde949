"""The torch and numpy side of every inspection: `inspect(spec, subject)` of each module."""
