"""Judges cells and claims: pure, given what was measured and the declared rules.

`statistics` knows no suite. `cells` applies it to printed numbers: what is estimated is the mean over training seeds on
the fixed test images, minus the printed value, known to half its last digit. The t interval over seeds decides; the
Wilson interval over test images and the prediction interval stand beside it and never decide.

`claims` are judged by the operator each names (`operators`): arithmetic where nothing is sampled, tests paired by
seed elsewhere; a number that the paper quotes from others counts at paper scale only, and quoted numbers alone decide
nothing. A verdict is an outcome with its evidence and reason, never a bool.
"""
