"""Judges cells and claims; pure, given numbers and the declared rules."""
