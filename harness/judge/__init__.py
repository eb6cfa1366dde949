"""Judges cells and claims: pure, given what was measured and the declared rules.

`statistics` knows no suite. `cells` applies it to printed numbers: what is estimated is the mean over training seeds on
the fixed test images, minus the printed value, known to half its last digit. The t interval over seeds decides; the
Wilson interval over test images and the prediction interval stand beside it and never decide.

`claims` are judged by the operator each names (`operators`): arithmetic where nothing is sampled, tests paired by
seed elsewhere; a number that the paper quotes from others counts at paper scale only, and quoted numbers alone decide
nothing. A verdict is an outcome with its evidence and reason, never a bool.

Whatever an operator decides passes `warrants` last: rules, the same for every claim, that take back what holds by
construction (declared, or numbers that the suite's own files state), a gap whose test error says the opposite, a
contradiction below the smallest effect, and a speed whose sign turns at another training error (`threshold_sweep`).
Such a rule marks no claim as extended, for forms leave out options at their defaults; a report has the rules' number. A
claim with a printed size is split when the suite is read (`suite.claim_parts`): its direction is a claim of its own.
What a declaration alone shows to be empty, `validate` refuses (`suite.warrant_checks`).
"""
