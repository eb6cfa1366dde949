"""The machine that runs jobs: its environment, GPUs, telemetry, runtime settings, and the doctor.

The executor starts a sampler (`telemetry`) for each job: a thread that reads the GPU through NVML (`nvml`) and sums up
the readings (`gpu_summary`). The job's own thread never calls NVML. A failure of NVML ends the sampling only, and the
program does not wait for a driver that hangs. The summary stands under `cost.telemetry` of the result, with a series of
at most 120 rows. It is not part of a key and does not count when two results are compared. It is kept only where the
result says that the job ran on CUDA, on a GPU with the name that NVML gave. An interrupted job leaves `telemetry.json`
for the process that resumes it; finishing the job takes the file up and removes it.
"""
