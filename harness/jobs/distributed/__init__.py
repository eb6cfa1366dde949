"""Jobs shared by several processes: torchrun and the processes it starts.

What differs in them is in `harness.jobs.ranks`: each takes its share of every batch (`harness.data.share`), draws
what is random for the whole of it, and sums its gradients, loss and mistakes with the others' in one exchange; the
first alone writes files. They agree to stop at one step by an exchange that nobody waits for.
"""
