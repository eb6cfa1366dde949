"""The functions that carry out inspections with torch and numpy: each module has an `inspect(spec, subject)`."""
