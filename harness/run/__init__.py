"""Runs a suite: plans, executes, judges, reports (`pipeline`); and holds whatever else changes the results of a store.

Jobs run one after another in the program's own process (`executors.local`), or several at a time in worker processes
that each run many of them through the same code (`executors.pool`), so that torch is imported once a worker. A worker
sees only its GPU, relays what its jobs say (`machine.relay`), is told of signals, and saves and ends when the program
is gone. `python -m harness job DIR` runs one job from its directory, which is all an executor needs: so do the tasks
that a driver hands to the user's Slurm (`executors.slurm`).

Several processes can share a training or a test (`--gpus`): the executor keeps the job's lock, log and result, and
starts a fresh torchrun without restarts. Each of its processes (`jobs.distributed.process`) runs the job's one function
and speaks to the executor over a socket (`executors.shared`). A measurement that is about several GPUs runs in the same
way, and is blocked where they are too few.

Two things come from elsewhere. A score of a test server (`record_score`) lies in `recorded/` of the store, one sealed
file a job and metric, with the digest of the predictions it speaks of; it counts as long as the job's result has the
same digest. Weights that were trained elsewhere (`import_weights`) become the result of the train job's own key, with
`imported` in it and no code digest, so nothing makes them stale. The executor writes `trained_elsewhere` into every
result made from one that has either word. So a test, an ensemble or a net tuned further says what it rests on, whatever
becomes of the import. Judging looks at these words before all else but failures: such a number is NOT COMPARABLE.

Reasons that reach a report name no folder of the machine (`redact`).
"""
