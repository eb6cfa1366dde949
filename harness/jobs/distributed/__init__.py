"""Jobs shared by several processes: torchrun and the processes that it starts.

`harness.jobs.ranks` holds the differences to a job of a single process. Each process takes its share of every batch
(`harness.data.share`). It draws random numbers for the whole batch, so that they do not depend on the number of
processes. One exchange a step sums gradients, losses and mistakes. Only the first process writes files. An exchange in
the background lets all of them stop at the same step.
"""
