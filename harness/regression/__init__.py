"""Regression checks: whether a new torch, driver or refactoring has changed the results in a committed baseline.

A check compares a suite's *snapshot* with the one in a baseline. `observations` runs the jobs, `snapshot` collects
their results, `compare_snapshots` compares them and is pure. Probes are a kind of job that no plan of a suite holds.
They run the training loop (`take_epoch`) and the evaluation themselves, with one thread and in single precision. Every
probe runs anew, in an empty store that is deleted afterwards, because a stored result says nothing about today's torch.
A probe that two suites need, by its key, runs once. Results of trainings are read from the lasting store, current ones
only.

No single tolerance fits all trainings: rounding hardly moves most of them, and carries one with too high a rate
anywhere. A baseline therefore holds, for each number of a training, how far some disturbed runs moved it (`probes`).
Numbers that disturbed runs carry anywhere are not compared, and the finding says so. A training that departs on another
machine is disturbed there too before it is reported. A baseline is sealed, sorted and holds no date; an update changes
only the suites it names. `judge_cell` judges accuracies as it does against a paper. The baseline's mean takes the place
of the printed number, and the baseline's own deviation in each seed is subtracted, so the spread is that of paired
differences.

All reports to CI servers are pure functions of the findings: JUnit XML (one test case per subject, decided by its
gravest finding), annotations and Markdown. GitHub silently drops what exceeds its limits, so each output respects them
and says what it leaves out. Only `write_outputs` writes. It tries every output before it reports one that failed.
"""
