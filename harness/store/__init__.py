"""The store: one directory for each job, finished or unfinished, and the operations on them.

Jobs write their results here; plans, reports and checks read them. `store` names the files and writes them, `documents`
seals JSON, `result` holds the schema of a result, `soundness` verifies a finished job, `inventory` lists jobs,
`garbage` removes them, `archive` and `merge` carry them between machines, `locks` keeps two processes apart.

A job's directory holds `job.json` (the task), `result.json` (the outcome, sealed by a digest, written last),
`metrics.jsonl`, `environment.json`, `log.txt`, `checkpoint.pt`, `weights.pt`, `predictions.npz`, `pixels.npz`,
`inspection.npz`, `vocabulary.npz`, `codes.npy` and `classifier.npz`. An unfinished job may also have
`checkpoint.earlier.pt`, `partial` and `telemetry.json`. A directory without `result.json` is unfinished, and its job
resumes from the checkpoint or from `partial`. Beside the jobs lie `declarations/`, `recorded/`, `fingerprints.json` and
`rates.json`. Every file is written to a temporary name, synced and renamed, but for `codes.npy`, which grows in place
and counts for nothing before its job's result. A lock keeps two processes out of one directory; where a cluster has
started a job twice, a token decides (`fences`). The folder `slurm/` holds what was submitted to a cluster.

An archive (`archive`) is a plain ustar whose first member is a sealed manifest with the size and digest of every
other. It is read block by block with the library's header parser alone: whatever is not a plain file named in the
manifest, of that size and digest, ends the reading, so links, long names, other folders and bombs have no way in.
`merge` stages its sources inside the store, checks each job as `verify` does, sets outcomes and inputs against what
is there, and only then renames, inputs first: a merge that is stopped leaves whole jobs whose inputs are there. A
result is the same when all but its time, place, code and marks are. Of two declarations the form whose result came
first stands, and the other is kept beside it (`declarations`). Who merges holds a lock on the store, who runs
one on the job.
"""
