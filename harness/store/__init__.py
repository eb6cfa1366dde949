"""The store: one directory for each job, finished or unfinished, and the operations on them.

Jobs write their results here; plans, reports and checks read them. `store` names the files and writes them, `documents`
seals JSON, `result` holds the schema of a result, `soundness` verifies a finished job, `inventory` lists jobs,
`garbage` removes them, `archive` and `merge` carry them between machines, `locks` keeps two processes apart.

A job's directory holds `job.json` (the task), `result.json` (the outcome, sealed by a digest, written last),
`metrics.jsonl`, `environment.json`, `log.txt`, `checkpoint.pt`, `weights.pt`, `predictions.npz`, `pixels.npz` and
`inspection.npz`. An unfinished job may also have `checkpoint.earlier.pt` and `telemetry.json`. A directory without
`result.json` is unfinished, and its job resumes from the checkpoint. Beside the jobs lie `declarations/`, `recorded/`,
`fingerprints.json` and `rates.json`. Every file is written to a temporary name, synced and renamed. A lock keeps two
processes out of one directory.

A result holds the digests of the files beside it, so a flipped bit in any of them but the log is found. `left_out.json`
lists the outputs that an archive left behind. A result counts only under its own key, whatever the name of its
directory; curves, pictures and weights count only with the digest in the result. Digests detect corruption and casual
edits; they are not signatures. Nothing in a store is executed: weights and checkpoints are read as tensors and plain
values, arrays without pickles.

An archive is a plain ustar file. Its first member is a sealed manifest with the size and digest of every other. The
reader goes block by block and uses the standard library for headers only. It refuses every member that is not a plain
file of the manifest with the announced size and digest, so links, long names, foreign folders and bombs are refused.

A merge stages its sources inside the store and checks each job as `verify` does. It compares outcomes and inputs with
the jobs that are already there, and only then renames, inputs first. An interrupted merge therefore leaves whole jobs
with their inputs. Two results are equal when everything but time, place, code and marks is. A merge holds a lock on the
store; a run holds one on its job.
"""
