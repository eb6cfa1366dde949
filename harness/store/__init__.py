"""The store: one directory a job, whole or unfinished, and what may be done with it.

In a job's directory: `job.json` (what), `result.json` (what came out, sealed by a digest, written last),
`metrics.jsonl`, `environment.json`, `log.txt`, `checkpoint.pt`, `weights.pt`, `predictions.npz`, `pixels.npz`,
`inspection.npz`; beside checkpoints, `telemetry.json` and the checkpoint before (`checkpoint.earlier.pt`). Beside the
jobs lie `declarations/`, `recorded/`, `fingerprints.json` and `rates.json`. Files appear by write-temporary, fsync,
rename. A directory without `result.json` is unfinished and goes on from its checkpoint; a lock keeps two processes
out of one.

The result holds the digests of the files beside it, so that a flipped bit in any of them but the log shows
(`soundness`); `left_out.json` lists the outputs that a merged one came without. A result counts only under its own key,
whatever its folder is called, and a curve, a picture or the weights of a net only with the digest that stands in the
result. Digests detect corruption and casual edits; they are not signatures. Nothing in a store is ever run: weights and
checkpoints are read as tensors and plain values, arrays without pickles.

An archive (`archive`) is a plain ustar whose first member is a sealed manifest with the size and digest of every
other. It is read block by block with the library's header parser alone: whatever is not a plain file named in the
manifest, of that size and digest, ends the reading, so links, long names, other folders and bombs have no way in.
`merge` stages its sources inside the store, checks each job as `verify` does, sets outcomes and inputs against what
is there, and only then renames, inputs first: a merge that is stopped leaves whole jobs whose inputs are there. A
result is the same when all but its time, place, code and marks are. Of two declarations the form whose result came
first stands, and the other is kept beside it (`declarations`). Who merges holds a lock on the store, who runs
one on the job.
"""
