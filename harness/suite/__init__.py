"""The suite file: read, typed, checked, resolved."""
