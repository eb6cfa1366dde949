"""Training: the loop, its steps, the optimiser and its schedule.

Everything random is a function of (seed, purpose, epoch, step), so a run killed anywhere ends in the same bits, on the
same device kind, instruction set, thread count and torch. A checkpoint records those; going on elsewhere is refused
unless asked for, and then marked.

A step does not wait for the device: losses stay there, the rate of a captured step in a tensor. On a GPU the step is
one CUDA graph (`captured`, all that differs there): it is warmed up on copies, weights, velocities and the generator
are put back, and every step is a replay, so that a training ends in the same bits wherever it was stopped. Batches in
parts or shared by processes are taken plainly.
"""
