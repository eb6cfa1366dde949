"""Judges cells and claims. All functions are pure: they take measured values and declared rules and return verdicts.

`statistics` knows nothing about suites. `cells` applies it to printed numbers. The estimate is the mean over training
seeds on the fixed test images minus the printed value, which is known to half its last digit. The t interval over seeds
decides. The Wilson interval over test images and the prediction interval are shown beside it and never decide.

Each claim names an operator (`operators`). It decides by arithmetic where nothing is sampled, and by tests paired by
seed elsewhere. A number that the paper quotes from other work counts at paper scale only, and quoted numbers alone
decide nothing. A verdict is an outcome with its evidence and reason, never a bool.

Every decided claim then passes `warrants`, rules that are the same for every claim. They withdraw four kinds of
outcome: one that holds by construction (declared so, or about numbers that the suite's own files state), a wider gap
whose test error says the opposite, a contradiction below the smallest effect, and a speed whose sign turns at another
training error (`threshold_sweep`). These rules mark no claim as extended, because forms leave out options at their
defaults; a report records the number of the rules instead. A claim with a printed size is split when the suite is read
(`suite.claim_parts`), so that its direction is a claim of its own. `validate` refuses claims whose declaration alone
shows them to be empty (`suite.warrant_checks`).
"""
