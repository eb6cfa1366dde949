"""Regression checks: whether a new torch, driver or refactoring has changed what a committed baseline holds.

A check holds a suite's *snapshot* against the one in a baseline: `observations` runs, `snapshot` writes down,
`compare_snapshots` finds, purely. Probes are jobs of a kind of their own, which no plan of a suite holds; they go
through the training loop (`take_epoch`) and the evaluation path themselves, with one thread and in single precision.
All of them run anew, in a store that begins empty and is thrown away, for a stored result says nothing of today's
torch; what two suites want, by key, runs once. Trainings are read from the lasting store, current ones only.

How far rounding may move a training cannot be one number: most hardly move, one with too high a rate goes anywhere.
So a baseline holds how far a few disturbed runs of each training moved each number (`probes`), and what these carry
anywhere is not compared, visibly. A training that departs on another machine is disturbed there too before it is
told. A baseline is sealed, sorted and free of the day; an update changes only the suites it names. Accuracies are
judged by `judge_cell`, as against a paper, with the baseline's mean in the place of the printed number and, for each
seed, the baseline's own deviation taken off: the spread is that of paired differences.

Everything that a CI server is told is a pure function of the findings: JUnit XML (one test case a subject, decided by
its gravest finding), annotations, Markdown. GitHub drops what is beyond its limits without a word, so each output
keeps to them and says what it left out. `write_outputs` alone writes; it tries every output before it tells of one
that could not be written.
"""
