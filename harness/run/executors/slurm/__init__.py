"""Runs jobs on the user's own Slurm, through submitit: one array task runs one job from its directory.

`driver` is the place where jobs run at a time (`executors.Places`). It submits what is ready in arrays of jobs that ask
for the same (`request`), asks `squeue` once an interval about all of them (`queue`), and decides by pure rules what has
become of each (`outlook`). It believes a sealed `result.json` alone. Whatever a driver must know to go on after its
death lies in the folder `slurm/` of the store (`records`): a submission is written down there under a name of its own
before `sbatch` is called, so any later driver finds it in the queue by that name and submits nothing twice.

`body` is the program of an array task. It takes the job's fencing token (`store.fences`), runs the job as
`python -m harness job DIR` does, and leaves a word about its end in the submission's folder. `several_nodes` lets the
tasks of a job on several nodes find each other.
"""
