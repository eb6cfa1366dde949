"""Training: the loop, its steps, the optimiser and its schedule.

Everything random is a function of (seed, purpose, epoch, step). So a run that is killed anywhere and resumed ends in
the same bits, on the same kind of device, instruction set, thread count and torch version. A checkpoint records these.
Resuming elsewhere is refused unless asked for, and is then noted in the result.

A step does not wait for the device: losses stay there, as does the rate of a captured step. On a GPU a step is one CUDA
graph, and all code specific to it is in `captured`. Its warm-up steps are undone: weights, velocities and the random
generator are restored. Every step of the training is a replay, so a training ends in the same bits wherever it was
stopped. Batches that are taken in parts, or shared by processes, use no graph.
"""
