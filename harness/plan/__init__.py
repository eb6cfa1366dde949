"""Plans: the jobs of a suite at a scale, where each stands, what they cost, and what is declared before they run.

Identity. A job's key is the sha256 of the canonical JSON of its kind, the kind's version, its fully resolved spec
(every default written out), and the keys of its inputs. Device, threads, library versions and paths are recorded with
the result and not hashed. Planning needs no data: a data set enters a key by its declared name, version, preparation
and split. What was really seen (count and digest of sample ids, fingerprint of the files, whether they are the
official ones) stands in the result; when the files or the code of the job's kind change, the result is *stale*, which
`plan`, `run` and the report say; `--refresh-stale` sets it aside and runs it again.

Types. A `plan.Plan` is the jobs of one suite at one scale, and which experiment asked for which; `graph` makes it from
a suite, `outline` recalls it. A `status.Survey` is a plan as it stands in a store: the status of every job, asked once.
`run` plans once, and surveys once before it works and once after.

Memory. Reading a suite with its every fault takes pydantic and a YAML parser, most of the time of `validate` and
`plan`. So `outline` keeps the plans of a sound suite under a digest of the suite, the paper files it can see, and all
the code: a plan made twice imports neither, unless something asks for its suite, which is read then. `run` never reads
that memory, and a test compares it with a fresh plan for every shipped suite at every scale.

Declarations. `preregistration` keeps in the store, for every cell and claim, the form in which it was to be judged
(`declared_forms`: seeds, margin, printed number and place; operator with its numbers and operands, smallest effect),
under the jobs that it rests on. Until these have a result the form may change; then it stays, and a verdict under
another is marked as extended. So is one without a declaration from before its results and the nets that it tests, as
`result_times` tell; where another suite's declaration speaks of the same jobs, the verdict names that suite. What
reports of runs made of each is kept beside it, so that `withdrawn` can list what was declared, had a result and is
judged no more, with what it came to.

Cost. `rates` knows how fast a device was: by the very shape of a job (net, input, batch, precision or views) in runs,
then in calibrations (`calibrate`), then of jobs like it. What a job will leave on disk (`disk`) and which experiments
rest on it stand in the plan beside its multiply-adds, outside its key, so that `plan` needs no net to tell.

Division. `division` gives the jobs at a time and the threads of each: by `processors`, or where there are GPUs by
`gpu_sharing`, with the memory that `gpu_memory` estimates.
"""
